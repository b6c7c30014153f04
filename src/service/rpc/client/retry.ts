/** Sends a call again when that cannot do harm, and not so often that it does. It knows neither protocol nor connection. */
import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type Interceptor, type UnaryRequest } from '@connectrpc/connect';
import { type Clock, systemClock } from '../../../core/index.ts';
import {
  RETRY_ATTEMPTS,
  RETRY_BACKOFF,
  RETRY_MAX_BACKOFF,
  RETRY_TOKEN_RATIO,
  RETRY_TOKENS,
} from '../limits.ts';
import { isUnsent } from './failure.ts';

export interface RetryOptions {
  /** Sendings in all, the first included. Default `RETRY_ATTEMPTS`. */
  readonly attempts?: number | undefined;
  /** Failures after which a call may be sent again. Default: `Unavailable`. */
  readonly codes?: readonly Code[] | undefined;
  /**
   * Whether also methods are repeated that do not say that they may be (`idempotency_level`). Without it those only when the server
   * cannot have seen the call. Default false.
   */
  readonly all?: boolean | undefined;
  /** Ms. Default `RETRY_BACKOFF`. */
  readonly backoff?: number | undefined;
  /** Ms. Default `RETRY_MAX_BACKOFF`. */
  readonly maxBackoff?: number | undefined;
  /** Default `RETRY_TOKENS`. */
  readonly tokens?: number | undefined;
  /** Default `RETRY_TOKEN_RATIO`. */
  readonly tokenRatio?: number | undefined;
  readonly clock?: Clock | undefined;
  /** From 0 to 1; default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** Of calls with one message each way; a stream that broke is the caller's to begin again. */
export function retry(options: RetryOptions = {}): Interceptor {
  const budget = new Budget(options);
  return (next) => async (request) => {
    if (request.stream) return next(request);
    const began = (options.clock ?? systemClock).now();
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await next(attempt === 1 ? request : repeated(request, attempt, began, options));
        budget.onSuccess();
        return response;
      } catch (error) {
        const wait = waitFor(error, attempt, request, options);
        if (wait === undefined) throw error;
        if (!budget.onFailure()) throw error;
        await pause(wait, request.signal, options, error);
      }
    }
  };
}

/** Tokens of all calls of a client together. */
class Budget {
  readonly #max: number;
  readonly #ratio: number;
  #tokens: number;

  constructor({ tokens = RETRY_TOKENS, tokenRatio = RETRY_TOKEN_RATIO }: RetryOptions) {
    this.#max = tokens;
    this.#ratio = tokenRatio;
    this.#tokens = tokens;
  }

  onSuccess(): void {
    this.#tokens = Math.min(this.#max, this.#tokens + this.#ratio);
  }

  /** Whether it may be tried again. */
  onFailure(): boolean {
    this.#tokens = Math.max(0, this.#tokens - 1);
    return this.#tokens > this.#max / 2;
  }
}

/** Ms until the next sending; `undefined` when there is none. */
function waitFor(
  error: unknown,
  attempt: number,
  request: UnaryRequest,
  options: RetryOptions,
): number | undefined {
  const { attempts = RETRY_ATTEMPTS, codes = [Code.Unavailable] } = options;
  if (!(error instanceof ConnectError) || !codes.includes(error.code)) return undefined;
  if (attempt >= attempts || request.signal.aborted) return undefined;
  if (!isUnsent(error) && options.all !== true && !isRepeatable(request)) return undefined;
  const pushback = error.metadata.get('grpc-retry-pushback-ms');
  if (pushback !== null) return /^\d{1,9}$/.test(pushback) ? Number(pushback) : undefined;
  const { backoff = RETRY_BACKOFF, maxBackoff = RETRY_MAX_BACKOFF, random = Math.random } = options;
  return Math.min(maxBackoff, backoff * 2 ** (attempt - 1)) * (0.5 + random());
}

function isRepeatable({ method }: UnaryRequest): boolean {
  return method.idempotency !== Idempotency.IDEMPOTENCY_UNKNOWN;
}

/** The same, with what is left of its deadline. */
function repeated(
  request: UnaryRequest,
  attempt: number,
  began: number,
  { clock = systemClock }: RetryOptions,
): UnaryRequest {
  const header = new Headers(request.header);
  header.set('grpc-previous-rpc-attempts', String(attempt - 1));
  const spent = clock.now() - began;
  for (const [name, unit] of [
    ['grpc-timeout', 'm'],
    ['connect-timeout-ms', ''],
  ] as const) {
    const left = /^(\d+)m?$/.exec(header.get(name) ?? '')?.[1];
    if (left !== undefined) header.set(name, `${Math.max(1, Math.floor(Number(left) - spent))}${unit}`);
  }
  return { ...request, header };
}

function pause(
  ms: number,
  signal: AbortSignal,
  { clock = systemClock }: RetryOptions,
  error: unknown,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      timer.cancel();
      reject(error);
    };
    const timer = clock.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
