/** The one error that modnet throws, with a closed set of codes. */

/**
 * - `closed`: you closed it
 * - `broken`: the world did (reset, unreachable, gone)
 * - `busy`: misuse, two at a time or out of order
 * - `timeout`: a deadline passed
 * - `refused`: the peer, or the system, said no
 * - `protocol`: a rule of the protocol was broken, by us or by the peer (`fault`)
 * - `limit`: a limit of ours held
 * - `unsupported`: cannot be had here
 * - `permission`: the system does not allow it
 */
export type NetErrorCode =
  | 'closed'
  | 'broken'
  | 'busy'
  | 'timeout'
  | 'refused'
  | 'protocol'
  | 'limit'
  | 'unsupported'
  | 'permission';

export interface NetErrorOptions extends ErrorOptions {
  /** Name of the system's error, such as `EADDRINUSE`. */
  errno?: string | undefined;
  /** With code `protocol`: who broke the rule. */
  fault?: 'local' | 'remote' | undefined;
}

export class NetError extends Error {
  override readonly name = 'NetError';
  readonly code: NetErrorCode;
  readonly errno: string | undefined;
  readonly fault: 'local' | 'remote' | undefined;

  constructor(code: NetErrorCode, message: string, options: NetErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.errno = options.errno;
    this.fault = options.fault;
  }
}

/** What a person needs to hear, per error of the system: our code, the words, and what to do where that is known. */
const SYSTEM_ERRORS: Readonly<Record<string, readonly [NetErrorCode, string, string?]>> = {
  EACCES: ['permission', 'permission denied'],
  EPERM: ['permission', 'operation not permitted'],
  EADDRINUSE: ['refused', 'address already in use', 'stop the program that holds it or choose another'],
  EADDRNOTAVAIL: ['refused', 'no interface of this machine has that address'],
  EAFNOSUPPORT: ['unsupported', 'address family not supported by this system'],
  EALREADY: ['busy', 'already in progress'],
  EBADF: ['closed', 'the descriptor is closed'],
  ECONNABORTED: ['broken', 'connection aborted'],
  ECONNREFUSED: ['refused', 'connection refused', 'nothing listens there'],
  ECONNRESET: ['broken', 'connection reset by the peer'],
  EDESTADDRREQ: ['busy', 'destination address required'],
  EHOSTUNREACH: ['broken', 'no route to host'],
  EINVAL: ['unsupported', 'invalid argument'],
  EISCONN: ['busy', 'already connected'],
  EMFILE: ['limit', 'too many open files in this process', 'raise `ulimit -n`'],
  EMSGSIZE: ['limit', 'message too long'],
  ENETDOWN: ['broken', 'network is down'],
  ENETUNREACH: ['broken', 'network is unreachable'],
  ENFILE: ['limit', 'too many open files in the system'],
  ENOBUFS: ['limit', 'no buffer space available'],
  ENODEV: ['refused', 'no such device'],
  ENOENT: ['refused', 'no such file or directory', 'nothing listens there'],
  ENOMEM: ['limit', 'out of memory'],
  ENOPROTOOPT: ['unsupported', 'option not supported by this system'],
  ENOSPC: ['limit', 'no space left on device'],
  ENOSYS: ['unsupported', 'system call not available here'],
  ENOTCONN: ['broken', 'not connected'],
  ENOTFOUND: ['refused', 'name not found'],
  ENOTSOCK: ['unsupported', 'not a socket'],
  EOPNOTSUPP: ['unsupported', 'operation not supported'],
  EPIPE: ['broken', 'the peer has closed'],
  EPROTONOSUPPORT: ['unsupported', 'protocol not supported by this system'],
  ETIMEDOUT: ['timeout', 'timed out'],
};

/**
 * The error for a failure that the system reported.
 * @param errno its name, such as `ECONNREFUSED`
 * @param what what failed, on what: `Cannot connect to tcp://127.0.0.1:80`
 * @param hint what to do, in place of the general one
 */
export function systemError(
  errno: string,
  what: string,
  options: { hint?: string; cause?: unknown } = {},
): NetError {
  const [code, words, general] = SYSTEM_ERRORS[errno] ?? ['broken', errno];
  const hint = options.hint ?? general;
  return new NetError(code, `${what}: ${words}${hint === undefined ? '' : `; ${hint}`}`, {
    errno,
    ...(options.cause === undefined ? {} : { cause: options.cause }),
  });
}

/** The `NetError` for anything that was thrown: itself, a Node system error by its code, or `broken`. */
export function toNetError(thrown: unknown, what: string): NetError {
  if (thrown instanceof NetError) return thrown;
  const code = (thrown as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code))
    return systemError(code, what, { cause: thrown });
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  return new NetError('broken', `${what}: ${words}`, { cause: thrown });
}
