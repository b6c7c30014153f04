export * from './unix.ts';
