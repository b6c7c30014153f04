/** Error numbers of Linux (the same on x64 and arm64), their names, and the `NetError` for them. */
import { constants } from 'node:os';
import { type NetError, systemError } from '../core/error.ts';

export const EPERM = 1;
export const ENOENT = 2;
export const EINTR = 4;
export const EBADF = 9;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EINVAL = 22;
export const ENFILE = 23;
export const EMFILE = 24;
export const EPIPE = 32;
export const EPROTO = 71;
export const EDESTADDRREQ = 89;
export const EMSGSIZE = 90;
export const ENOTSUP = 95;
export const EADDRINUSE = 98;
export const EADDRNOTAVAIL = 99;
export const ENETDOWN = 100;
export const ENETUNREACH = 101;
export const ECONNABORTED = 103;
export const ECONNRESET = 104;
export const ENOBUFS = 105;
export const EISCONN = 106;
export const ENOTCONN = 107;
export const ETIMEDOUT = 110;
export const ECONNREFUSED = 111;
export const EHOSTUNREACH = 113;
export const EALREADY = 114;
export const EINPROGRESS = 115;

/**
 * Where two names share a number on Linux, the one that socket(7) and its neighbours use; and what Node
 * omits.
 */
const PREFERRED: Readonly<Record<number, string>> = {
  11: 'EAGAIN',
  35: 'EDEADLK',
  94: 'ESOCKTNOSUPPORT',
  95: 'EOPNOTSUPP',
  96: 'EPFNOSUPPORT',
  108: 'ESHUTDOWN',
  112: 'EHOSTDOWN',
};

const NAMES: ReadonlyMap<number, string> = new Map([
  ...Object.entries(constants.errno).map(([name, number]): [number, string] => [number, name]),
  ...Object.entries(PREFERRED).map(([number, name]): [number, string] => [Number(number), name]),
]);

/** The name for an error number, or for the negative result of a call: `errnoName(-11)` is `EAGAIN`. */
export function errnoName(result: number): string {
  const number = Math.abs(result);
  return NAMES.get(number) ?? `E${number}`;
}

/**
 * The error for the negative result of a call.
 * @param what what failed, on what: `Cannot connect to tcp://127.0.0.1:80`
 * @param hint what to do, in place of the general advice
 */
export function kernelError(result: number, what: string, hint?: string): NetError {
  return systemError(errnoName(result), what, hint === undefined ? {} : { hint });
}
