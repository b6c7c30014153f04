export * from './byte-queue.ts';
export * from './checksum.ts';
export * from './cursor.ts';
export * from './ip.ts';
export * from './printable.ts';
export * from './size.ts';
export * from './slab.ts';
export * from './varint.ts';
