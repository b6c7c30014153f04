/** The exchange's polite no: a request that was not done, told to the one who asked. */
import { NetError, type NetErrorCode } from '../../core/index.ts';

/** Stable words for programs; part of the protocol (docs/exchange.schema.json). */
export type RefusalCode =
  | 'bad-json'
  | 'bad-request'
  | 'unknown-type'
  | 'bad-name'
  | 'name-taken'
  | 'bad-room'
  | 'not-joined'
  | 'no-such-member'
  | 'bad-body'
  | 'too-long'
  | 'limit'
  | 'rate'
  | 'storage'
  | 'full'
  | 'closing'
  | 'token-needed'
  | 'bad-token';

const NET_CODES: Partial<Record<RefusalCode, NetErrorCode>> = {
  limit: 'limit',
  rate: 'limit',
  'too-long': 'limit',
  full: 'limit',
  closing: 'closed',
  storage: 'broken',
  'token-needed': 'permission',
  'bad-token': 'permission',
};

export interface RefusalOptions extends ErrorOptions {
  /** Milliseconds after which it may go better, where that is known. */
  readonly wait?: number | undefined;
}

export class Refusal extends NetError {
  readonly refusal: RefusalCode;
  /** Milliseconds after which it may go better, where that is known. */
  readonly wait: number | undefined;

  constructor(refusal: RefusalCode, message: string, options: RefusalOptions = {}) {
    const code = NET_CODES[refusal] ?? 'protocol';
    const { wait, ...others } = options;
    super(code, message, code === 'protocol' ? { ...others, fault: 'remote' } : others);
    this.refusal = refusal;
    this.wait = wait;
  }
}
