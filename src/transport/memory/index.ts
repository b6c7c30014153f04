export * from './memory.ts';
export * from './wire.ts';
