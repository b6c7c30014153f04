export { ATTEMPT_DELAY } from './happy-eyeballs.ts';
export * from './tcp.ts';
