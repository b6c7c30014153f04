/** After `abort` a receiver hears that the connection has closed, and nothing else. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { HalfCloseable, Wire } from '../../core/contract.ts';
import { bytes, pairTest, RecordingReceiver, type TransportSubject, turns } from './subject.ts';

const REASON = new Error('The test has seen enough');
/** More than one read of any transport, and fewer at a time than the system holds for a datagram socket. */
const CHUNKS = 20;
const CHUNK = 32 * 1024;

type Opened = Pick<TransportSubject, 'open'>;
type Event = 'onData' | 'onEnd' | 'onDrain';

/** Both ways to abort: at the level of the receiver, and at that of the connection's owner. */
const WAYS: readonly [string, (wire: Wire, connection: HalfCloseable) => void][] = [
  ['its wire', (wire) => wire.abort(REASON)],
  ['the connection', (_, connection) => connection.abort(REASON)],
];

/** Of any wire, datagram sessions among them. */
export function abortedDataTests(subject: Opened): void {
  for (const [name, abort] of WAYS) {
    describe(`a receiver that aborts ${name}`, () => {
      pairTest('before anything came hears the close alone', subject, async (a, b) => {
        const sending = send(a);
        const receiver = new RecordingReceiver();
        const wire = b.attach(receiver);
        abort(wire, b);
        assert.deepEqual(receiver.calls, [], 'told within the call');
        await heard(receiver, ['close']);
        await sending;
      });

      pairTest('while more arrives hears none of it', subject, async (a, b) => {
        const receiver = abortingIn('onData', b, abort);
        const sending = send(a);
        await heard(receiver, ['data', 'close']);
        await sending;
      });

      pairTest('while it is handed what was read ahead hears none of the rest', subject, async (a, b) => {
        await send(a);
        await turns(20);
        await heard(abortingIn('onData', b, abort), ['data', 'close']);
      });
    });
  }
}

/** Of wires that have an end and can be full. */
export function abortedEndTests(subject: Opened): void {
  for (const [name, abort] of WAYS) {
    describe(`a receiver that aborts ${name}`, () => {
      pairTest('does not hear the end that was read ahead', subject, async (a, b) => {
        await a.write(bytes('x'));
        await a.end();
        await turns(20);
        await heard(abortingIn('onData', b, abort), ['data', 'close']);
      });

      pairTest('nor when both halves have ended long ago', subject, async (a, b) => {
        await a.write(bytes('x'));
        await Promise.all([a.end(), b.end()]);
        assert.equal(await b.closed, undefined);
        await heard(abortingIn('onData', b, abort), ['data', 'close'], 'clean');
      });

      pairTest('at the end hears the close alone', subject, async (a, b) => {
        const receiver = abortingIn('onEnd', b, abort);
        await a.end();
        await heard(receiver, ['end', 'close']);
      });

      pairTest('while the wire is full hears of no room', subject, async (a, b) => {
        const receiver = new RecordingReceiver();
        const wire = b.attach(receiver);
        fill(wire);
        abort(wire, b);
        await Promise.all([a.read().catch(() => null), heard(receiver, ['close'])]);
      });

      pairTest('when there is room again hears the close alone', subject, async (a, b) => {
        const receiver = abortingIn('onDrain', b, abort);
        fill(receiver.wire!);
        const reading = drainOf(a);
        await heard(receiver, ['drain', 'close']);
        await reading;
      });
    });
  }
}

/** Attached to `connection`, which it aborts the first time that `event` comes. */
function abortingIn(
  event: Event,
  connection: HalfCloseable,
  abort: (wire: Wire, connection: HalfCloseable) => void,
): RecordingReceiver {
  const receiver = new RecordingReceiver();
  const record = receiver[event] as (chunk: Uint8Array) => void;
  receiver[event] = (chunk?: Uint8Array) => {
    record.call(receiver, chunk!);
    abort(receiver.wire!, connection);
  };
  receiver.wire = connection.attach(receiver);
  return receiver;
}

/** Waits for the close, and for what might come behind it. */
async function heard(
  receiver: RecordingReceiver,
  calls: readonly string[],
  ending: 'aborted' | 'clean' = 'aborted',
): Promise<void> {
  assert.equal(await receiver.closed, ending === 'clean' ? undefined : REASON);
  await turns(5);
  assert.deepEqual(receiver.calls, calls);
}

/** Many chunks, of which some may find the connection gone. */
async function send(connection: HalfCloseable): Promise<void> {
  for (let chunk = 0; chunk < CHUNKS; chunk++)
    connection.write(new Uint8Array(CHUNK).fill(chunk)).catch(() => {});
  await turns(1);
}

function fill(wire: Wire): void {
  while (wire.push(new Uint8Array(CHUNK)));
}

/** Reads until the connection is gone. */
async function drainOf(connection: HalfCloseable): Promise<void> {
  try {
    for (let chunk = await connection.read(); chunk !== null; ) chunk = await connection.read();
  } catch {
    // Reset, where the transport has one.
  }
}
