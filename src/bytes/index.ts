export * from './byte-queue.ts';
export * from './ip.ts';
export * from './slab.ts';
