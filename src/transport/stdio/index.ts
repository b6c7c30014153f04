export * from './stdio.ts';
