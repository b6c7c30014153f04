/** How the program ends: its exit codes, and the errors that lead to them. */
import { CommanderError } from 'commander';
import { NetError } from '../core/index.ts';

export const EXIT = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** The person at the keyboard, or the system, asked the program to end before it was done. */
export class Interrupted extends NetError {
  constructor() {
    super('closed', 'Interrupted');
  }
}

/** Tells on stderr what went wrong, unless that was told already, and returns the exit code for it. */
export function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (thrown instanceof Interrupted) return EXIT.interrupted;
  process.stderr.write(`${describe(thrown)}\n`);
  return EXIT.failure;
}

/** A `NetError` speaks for itself; anything else is a fault of the program, where the stack is the message. */
function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `modnet: ${String(thrown)}`;
  const wantsStack = !(thrown instanceof NetError) || process.env.MODNET_DEBUG === '1';
  return `modnet: ${wantsStack ? (thrown.stack ?? thrown.message) : thrown.message}`;
}
