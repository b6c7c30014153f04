/**
 * The life of an endpoint as a table: what may happen in which state, and where it leads (RFC 6455 sections 5.5.1 and 7). What
 * is not in the table is misuse when we would do it, and is dropped when the peer does it. It does not know frames.
 */

export type State =
  /** Messages go both ways. */
  | 'open'
  /** Our Close frame is sent; the peer's is waited for. */
  | 'closing'
  /** The peer's Close frame has come; ours is owed. Only byte streams stay here, to finish what they send. */
  | 'answering'
  /** Both Close frames are exchanged; what is left is the end of the connection below. */
  | 'closed'
  /** The peer broke a rule or passed a limit; our Close frame says which, and nothing is read any more. */
  | 'failed'
  /** The connection below ended before both Close frames. */
  | 'lost';

export type Step =
  | 'send message'
  | 'send control'
  | 'send close'
  | 'receive message'
  | 'receive control'
  | 'receive close'
  | 'receive end'
  | 'fail';

export const INITIAL: State = 'open';

export const TRANSITIONS: Readonly<Record<State, Readonly<Partial<Record<Step, State>>>>> = {
  open: {
    'send message': 'open',
    'send control': 'open',
    'send close': 'closing',
    'receive message': 'open',
    'receive control': 'open',
    'receive close': 'answering',
    'receive end': 'lost',
    fail: 'failed',
  },
  closing: {
    'send control': 'closing',
    'receive message': 'closing',
    'receive control': 'closing',
    'receive close': 'closed',
    'receive end': 'lost',
    fail: 'failed',
  },
  answering: {
    'send message': 'answering',
    'send control': 'answering',
    'send close': 'closed',
    'receive end': 'lost',
    fail: 'failed',
  },
  closed: {},
  failed: {},
  lost: {},
};

/** Where the step leads; `undefined` when it may not be. */
export function after(state: State, step: Step): State | undefined {
  return TRANSITIONS[state][step];
}
