export * from './bridge.ts';
export * from './diagnostics.ts';
export { IdleTimer } from './idle-timer.ts';
export * from './relay.ts';
export type { Bridgeable } from './side.ts';
