import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkedPair } from '../testing/linked-pair.ts';
import { ACCEPT_AHEAD, type Acceptor, AcceptQueue } from './accept-queue.ts';
import { namedAddress } from './address.ts';
import type { HalfCloseable } from './contract.ts';
import { listenerTrouble } from './diagnostics.ts';
import { NetError } from './error.ts';

class RecordingAcceptor implements Acceptor {
  readonly asked: string[] = [];
  pause(): void {
    this.asked.push('pause');
  }
  resume(): void {
    this.asked.push('resume');
  }
  close(): void {
    this.asked.push('close');
  }
}

function queue() {
  const acceptor = new RecordingAcceptor();
  return { acceptor, listener: new AcceptQueue<HalfCloseable>(namedAddress('memory', 'test'), acceptor) };
}

const connection = (): HalfCloseable => linkedPair()[0];

test('a connection goes to whoever waits, and otherwise into the queue, in order', async () => {
  const { listener } = queue();
  const [first, second, third] = [connection(), connection(), connection()];
  const waiting = listener.receive();
  listener.offer(first);
  listener.offer(second);
  listener.offer(third);
  assert.equal(await waiting, first);
  assert.equal(await listener.receive(), second);
  assert.equal(await listener.receive(), third);
});

test('accepting pauses at the limit and goes on below half', async () => {
  const { acceptor, listener } = queue();
  for (let count = 0; count < ACCEPT_AHEAD; count++) listener.offer(connection());
  assert.deepEqual(acceptor.asked, ['pause']);
  // A batch that was under way is not lost.
  listener.offer(connection());
  for (let count = 0; count < ACCEPT_AHEAD / 2; count++) await listener.receive();
  assert.deepEqual(acceptor.asked, ['pause']);
  await listener.receive();
  assert.deepEqual(acceptor.asked, ['pause', 'resume']);
});

test('closing aborts what nobody received and says so, ends the wait, and what comes late is aborted too', async () => {
  const troubles: string[] = [];
  const onTrouble = (message: unknown): void =>
    void troubles.push((message as { error: NetError }).error.message);
  listenerTrouble.subscribe(onTrouble);
  const { acceptor, listener } = queue();
  const [held, late] = [connection(), connection()];
  listener.offer(held);
  await listener.close();
  await listener.close();
  listener.offer(late);
  listenerTrouble.unsubscribe(onTrouble);
  assert.equal(((await held.closed) as NetError).code, 'closed');
  assert.equal(((await late.closed) as NetError).code, 'closed');
  assert.equal(troubles.length, 2);
  assert.match(troubles[0]!, /memory:test was dropped/);
  assert.equal(acceptor.asked[0], 'close');
  assert.equal(await listener.receive(), null);
  assert.equal(await listener.closed, undefined);
});

test('a wait ends with null when the listener closes and with the reason when it breaks', async () => {
  const one = queue();
  const waiting = one.listener.receive();
  await one.listener.close();
  assert.equal(await waiting, null);

  const other = queue();
  const reason = new NetError('broken', 'The interface is gone');
  const broken = other.listener.receive();
  other.listener.finish(reason);
  await assert.rejects(broken, reason);
  await assert.rejects(other.listener.receive(), reason);
  assert.equal(await other.listener.closed, reason);
});

test('a wait can be given up and takes nothing with it', async () => {
  const { listener } = queue();
  const stop = new AbortController();
  const reason = new Error('enough');
  const waiting = listener.receive({ signal: stop.signal });
  await assert.rejects(listener.receive(), { code: 'busy' });
  stop.abort(reason);
  await assert.rejects(waiting, (error) => error === reason);
  const next = connection();
  listener.offer(next);
  assert.equal(await listener.receive(), next);
});
