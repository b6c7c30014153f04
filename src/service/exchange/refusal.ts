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
  | 'closing';

const NET_CODES: Partial<Record<RefusalCode, NetErrorCode>> = {
  limit: 'limit',
  rate: 'limit',
  'too-long': 'limit',
  full: 'limit',
  closing: 'closed',
  storage: 'broken',
};

export class Refusal extends NetError {
  readonly refusal: RefusalCode;

  constructor(refusal: RefusalCode, message: string, options: ErrorOptions = {}) {
    const code = NET_CODES[refusal] ?? 'protocol';
    super(code, message, code === 'protocol' ? { ...options, fault: 'remote' } : options);
    this.refusal = refusal;
  }
}
