import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { kernelAvailable } from '../../../../kernel/index.ts';
import type { Table } from '../../finding.ts';
import { lifecycle } from './lifecycle.ts';

const skip = kernelAvailable() ? false : 'system calls need Linux and koffi';
const never = new AbortController().signal;

/** Result, client's state and server's state of each step. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'Opening, and data both ways': [
    'descriptor - CLOSED',
    '0 - CLOSED',
    '0 - LISTEN',
    'descriptor CLOSED LISTEN',
    'EINPROGRESS ESTABLISHED ESTABLISHED',
    '0 ESTABLISHED ESTABLISHED',
    '5 ESTABLISHED ESTABLISHED',
    'descriptor ESTABLISHED ESTABLISHED',
    '1000 ESTABLISHED ESTABLISHED',
    '1000 ESTABLISHED ESTABLISHED',
    '2005 ESTABLISHED ESTABLISHED',
    '7 ESTABLISHED ESTABLISHED',
    '7 ESTABLISHED ESTABLISHED',
  ],
  'Half-close: the client ends first': [
    '0 FIN-WAIT-2 CLOSE-WAIT',
    '0 FIN-WAIT-2 CLOSE-WAIT',
    '5 FIN-WAIT-2 CLOSE-WAIT',
    '5 FIN-WAIT-2 CLOSE-WAIT',
    'EPIPE FIN-WAIT-2 CLOSE-WAIT',
    '0 TIME-WAIT -',
    '0 TIME-WAIT -',
    '0 TIME-WAIT -',
  ],
  'The server closes first, and its port is still taken': [
    '0 CLOSE-WAIT FIN-WAIT-2',
    '0 CLOSE-WAIT FIN-WAIT-2',
    '0 - TIME-WAIT',
    '0 - TIME-WAIT',
    'EADDRINUSE - TIME-WAIT',
    '0 - TIME-WAIT',
  ],
  'LAST-ACK, held still by a full queue': [
    '0 FIN-WAIT-2 CLOSE-WAIT',
    'bytes FIN-WAIT-2 CLOSE-WAIT',
    '0 FIN-WAIT-2 LAST-ACK',
    'bytes TIME-WAIT -',
  ],
  'Both close at once, held still by full queues': [
    'bytes ESTABLISHED ESTABLISHED',
    'bytes ESTABLISHED ESTABLISHED',
    '0 FIN-WAIT-1 ESTABLISHED',
    '0 FIN-WAIT-1 FIN-WAIT-1',
    'bytes CLOSING FIN-WAIT-2',
    'bytes TIME-WAIT TIME-WAIT',
  ],
  'Closing with unread data: a reset': [
    '5 ESTABLISHED ESTABLISHED',
    '0 CLOSED -',
    'ECONNRESET CLOSED -',
    'EPIPE CLOSED -',
  ],
  'Closing with SO_LINGER of 0 seconds: a reset on purpose': [
    '5 ESTABLISHED ESTABLISHED',
    '0 ESTABLISHED ESTABLISHED',
    '0 CLOSED -',
    '5 CLOSED -',
    'ECONNRESET CLOSED -',
  ],
  'Nobody listens': ['EINPROGRESS CLOSED -', 'ECONNREFUSED CLOSED -'],
  'SYN-SENT: a server whose queue is full': ['EINPROGRESS SYN-SENT LISTEN', '0 - LISTEN'],
  'SYN-RECEIVED: a server that waits for data (TCP_DEFER_ACCEPT)': [
    'EINPROGRESS ESTABLISHED SYN-RECEIVED',
    'EAGAIN ESTABLISHED SYN-RECEIVED',
    '5 ESTABLISHED ESTABLISHED',
    'descriptor ESTABLISHED ESTABLISHED',
  ],
  'Simultaneous open: a socket that connects to itself': [
    'EINPROGRESS ESTABLISHED -',
    '5 ESTABLISHED -',
    '5 ESTABLISHED -',
    '0 TIME-WAIT -',
  ],
};

const STATES_TITLE = 'Every state, and where it was seen';

test('every call leads to the states of the RFC, on both sides', { skip, timeout: 60_000 }, async () => {
  const before = readdirSync('/proc/self/fd').length;
  const steps: string[] = [];
  const found = await lifecycle.run({
    quick: true,
    signal: never,
    progress: (done, of, what) => steps.push(`${done}/${of} ${what}`),
  });
  assert.equal(readdirSync('/proc/self/fd').length, before, 'descriptors were left open');
  const tables = found.parts.filter((part) => part.kind === 'table');
  const scenes = tables.filter(({ title }) => title !== STATES_TITLE);
  assert.deepEqual(Object.fromEntries(scenes.map((table) => [table.title, outline(table)])), EXPECTED);
  assert.equal(steps.length, scenes.length);
  const states = tables.find(({ title }) => title === STATES_TITLE)!;
  assert.equal(states.rows.length, 11);
  for (const [state, times] of states.rows) assert.ok(Number(times) > 0, `${state} was not seen`);
  assert.ok(!JSON.stringify(found).includes('Expected within'), 'a state did not come');
});

test('what is written is read, also past full queues', { skip, timeout: 60_000 }, async () => {
  const found = await lifecycle.run({ quick: true, signal: never, progress: () => {} });
  const tables = found.parts.filter((part) => part.kind === 'table');
  const results = (title: string) => tables.find((table) => table.title === title)!.rows.map((row) => row[2]);
  const [clientWrote, serverWrote, , , clientRead, serverRead] = results(
    'Both close at once, held still by full queues',
  );
  assert.equal(clientRead, serverWrote);
  assert.equal(serverRead, clientWrote);
  const [, wrote, , read] = results('LAST-ACK, held still by a full queue');
  assert.equal(read, wrote);
});

test('ends early with the reason of the signal', { skip, timeout: 60_000 }, async () => {
  const before = readdirSync('/proc/self/fd').length;
  const stop = new AbortController();
  const reason = new Error('enough');
  const progress = (done: number) => {
    if (done === 3) stop.abort(reason);
  };
  await assert.rejects(lifecycle.run({ quick: true, signal: stop.signal, progress }), reason);
  assert.equal(readdirSync('/proc/self/fd').length, before);
});

function outline(table: Table): string[] {
  return table.rows.map((row) => {
    const [, call, result, client, , server] = row;
    const shown = /until|to the end/.test(String(call)) && Number(result) > 0 ? 'bytes' : result;
    return `${shown} ${client ?? '-'} ${server ?? '-'}`;
  });
}
