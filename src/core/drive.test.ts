import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../testing/fake-clock.ts';
import { linkedPair } from '../testing/linked-pair.ts';
import { turns } from '../testing/transport/subject.ts';
import { READ_AHEAD } from './connection.ts';
import type { Bytes, Protocol } from './contract.ts';
import { drive } from './drive.ts';
import { NetError } from './error.ts';

/** One byte is one value; 0 is padding; 0xff is a fault; 0xfe is answered by the protocol itself; silence for 100 ms is timed out. */
class OneByte implements Protocol<number> {
  readonly #in: number[] = [];
  readonly #out: Bytes[] = [];
  #deadline: number | null = null;
  #broken = false;

  receive(data: Bytes | null, now: number): void {
    for (const byte of data ?? []) {
      if (byte === 0xfe) this.#out.push(Uint8Array.of(0xfd));
      else if (byte === 0xff) this.#broken = true;
      else if (byte !== 0) this.#in.push(byte);
      this.#deadline = now + 100;
    }
    if (this.#broken && this.#in.length === 0) throw this.#fault();
  }
  next(): number | null {
    const value = this.#in.shift();
    if (value !== undefined) return value;
    if (this.#broken) throw this.#fault();
    return null;
  }
  send(value: number): void {
    if (value > 0xff) throw new NetError('protocol', `${value} is no byte`, { fault: 'local' });
    this.#out.push(Uint8Array.of(value));
  }
  take(): Bytes | null {
    return this.#out.shift() ?? null;
  }
  deadline(): number | null {
    return this.#deadline;
  }
  timeout(): void {
    this.#deadline = null;
    this.#out.push(Uint8Array.of(0xfc));
  }
  #fault(): NetError {
    return new NetError('protocol', 'The byte ff came', { fault: 'remote' });
  }
}

test('values go both ways, and the end is null', async () => {
  const [a, b] = linkedPair();
  const [near, far] = [drive(a, new OneByte()), drive(b, new OneByte())];
  await near.send(1);
  await near.send(2);
  assert.equal(await far.receive(), 1);
  await far.send(3);
  assert.equal(await near.receive(), 3);
  const closing = near.close();
  assert.equal(await far.receive(), 2);
  assert.equal(await far.receive(), null);
  await far.close();
  await closing;
  assert.equal(await near.closed, undefined);
});

test('a fault comes after the values before it, aborts the connection, and stays', async () => {
  const [a, b] = linkedPair();
  const channel = drive(b, new OneByte());
  await a.write(Uint8Array.of(1, 2, 0xff));
  await turns(1);
  assert.equal(await channel.receive(), 1);
  assert.equal(await channel.receive(), 2);
  await assert.rejects(channel.receive(), { code: 'protocol', fault: 'remote' });
  await assert.rejects(channel.receive(), { code: 'protocol' });
  await assert.rejects(channel.send(1), { code: 'protocol' });
  assert.equal(((await channel.closed) as NetError).code, 'protocol');
  await assert.rejects(a.read(), { code: 'broken' });
});

test('a value that cannot be sent is refused, and the channel goes on', async () => {
  const [a, b] = linkedPair();
  const channel = drive(b, new OneByte());
  await assert.rejects(channel.send(256), { code: 'protocol', fault: 'local' });
  await channel.send(7);
  assert.deepEqual([...(await a.read())!], [7]);
});

test('the protocol answers by itself, also while nobody receives', async () => {
  const [a, b] = linkedPair();
  drive(b, new OneByte());
  await a.write(Uint8Array.of(0xfe));
  assert.deepEqual([...(await a.read())!], [0xfd]);
});

test('its deadline runs on the clock', async () => {
  const clock = fakeClock();
  const [a, b] = linkedPair();
  const channel = drive(b, new OneByte(), { clock });
  await a.write(Uint8Array.of(1));
  assert.equal(await channel.receive(), 1);
  clock.advance(99);
  clock.advance(1);
  assert.deepEqual([...(await a.read())!], [0xfc]);
});

test('while nobody receives, little is read ahead', async () => {
  const [a, b] = linkedPair();
  const channel = drive(b, new OneByte());
  let taken = 0;
  const writing = (async () => {
    for (; taken < 64; taken++) await a.write(padded(5));
  })();
  await turns(20);
  assert.ok(taken * 16 * 1024 <= 4 * READ_AHEAD, `${taken} chunks were taken`);
  for (let count = 0; count < 64; count++) assert.equal(await channel.receive(), 5);
  await writing;
});

test('a receive can be given up; two at a time are busy; close rejects the wait', async () => {
  const [a, b] = linkedPair();
  const channel = drive(b, new OneByte());
  const stop = new AbortController();
  const waiting = channel.receive({ signal: stop.signal });
  await assert.rejects(channel.receive(), { code: 'busy' });
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, { message: 'enough' });
  await a.write(Uint8Array.of(9));
  assert.equal(await channel.receive(), 9);
  const last = assert.rejects(channel.receive(), { code: 'closed' });
  const closing = channel.close();
  await last;
  await a.close();
  await closing;
});

test('what came before a reset is received before its error', async () => {
  const [a, b] = linkedPair();
  const channel = drive(b, new OneByte());
  await a.write(Uint8Array.of(4));
  await turns(1);
  a.abort();
  await turns(1);
  assert.equal(await channel.receive(), 4);
  await assert.rejects(channel.receive(), { code: 'broken' });
});

/** One value in 16 KiB. */
function padded(value: number): Bytes {
  const chunk = new Uint8Array(16 * 1024);
  chunk[chunk.length - 1] = value;
  return chunk;
}
