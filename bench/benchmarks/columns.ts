/** The columns that cases share. */
import type { Column } from '../benchmark.ts';
import { amount } from '../statistics.ts';

const microseconds = (value: number): string => `${amount(value)} µs`;

/** How busy the server's core was: well below 100 %, the load was the slower side. */
export const CPU: Column = {
  key: 'cpu',
  title: 'server CPU',
  format: (value) => `${Math.round(value * 100)} %`,
};
export const P50: Column = { key: 'p50', title: 'p50', format: microseconds };
export const P99: Column = { key: 'p99', title: 'p99', format: microseconds };
export const LOST: Column = { key: 'lost', title: 'lost', format: amount };
