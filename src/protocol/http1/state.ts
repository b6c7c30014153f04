/**
 * Who may send what, when: the states of both roles of HTTP/1.1, as tables. The parsers follow the table of the role that
 * they listen to, writers that of the role that they speak for. It knows no bytes. docs/http1.md shows it as a diagram.
 */
import { NetError } from '../../core/error.ts';

export type Role = 'client' | 'server';

/**
 * - `idle`: nothing of a message has begun
 * - `send-response`: a request was heard, the answer is owed
 * - `send-body`: the head has been sent, and the end has not
 * - `done`: the message is complete, another may follow
 * - `must-close`: the message is complete, and no other follows on this connection
 * - `might-switch`: the request asks for another protocol (Upgrade, CONNECT), and the answer is not known
 * - `switched`: what follows is not HTTP
 * - `closed`: the stream ended, between messages
 * - `error`: a rule was broken
 */
export type State =
  | 'idle'
  | 'send-response'
  | 'send-body'
  | 'done'
  | 'must-close'
  | 'might-switch'
  | 'switched'
  | 'closed'
  | 'error';

/**
 * - `request`: the head of a request; for a server: that it was heard
 * - `informational`: the head of a response with 1xx but 101
 * - `response`: the head of a final response
 * - `data`: a part of the body
 * - `end`: of a message after which the connection stays; `end-last`: after which it does not; `end-asking`: that asks to switch
 * - `next`: the following message begins, so a switch was declined
 * - `switch`: 101, or 2xx to CONNECT, has been sent
 * - `close`: the stream ended
 * - `fault`: a rule was broken; possible everywhere and not in the tables
 */
export type StateEvent =
  | 'request'
  | 'informational'
  | 'response'
  | 'data'
  | 'end'
  | 'end-last'
  | 'end-asking'
  | 'next'
  | 'switch'
  | 'close';

export type StateTable = Readonly<Partial<Record<State, Readonly<Partial<Record<StateEvent, State>>>>>>;

/** What a client does. */
export const CLIENT = {
  idle: { request: 'send-body', close: 'closed' },
  'send-body': { data: 'send-body', end: 'done', 'end-last': 'must-close', 'end-asking': 'might-switch' },
  done: { next: 'idle', switch: 'switched', close: 'closed' },
  'might-switch': { next: 'idle', switch: 'switched', close: 'closed', 'end-last': 'must-close' },
  'must-close': { switch: 'switched', close: 'closed' },
} as const satisfies StateTable;

/** What a server does. */
export const SERVER = {
  idle: { request: 'send-response', response: 'send-body', close: 'closed' },
  'send-response': {
    informational: 'send-response',
    response: 'send-body',
    switch: 'switched',
    close: 'closed',
  },
  'send-body': { data: 'send-body', end: 'done', 'end-last': 'must-close' },
  done: { next: 'idle', close: 'closed' },
  'must-close': { close: 'closed' },
} as const satisfies StateTable;

/** For diagrams and tests. */
export const STATE_TABLES: Readonly<Record<Role, StateTable>> = { client: CLIENT, server: SERVER };

/**
 * For a state that is known only when the program runs; else the table itself, so that the compiler checks it.
 * @throws NetError `busy` when the event has no place in this state
 */
export function follow(table: StateTable, state: State, event: StateEvent): State {
  const next = table[state]?.[event];
  if (next === undefined) throw outOfOrder(state, event);
  return next;
}

function outOfOrder(state: State, event: StateEvent): NetError {
  return new NetError('busy', `HTTP/1.1 is out of order: "${event}" in the state "${state}"`);
}
