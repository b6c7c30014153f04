export * from './accept-queue.ts';
export * from './address.ts';
export * from './clock.ts';
export * from './connection.ts';
export type * from './contract.ts';
export * from './diagnostics.ts';
export * from './drive.ts';
export * from './error.ts';
