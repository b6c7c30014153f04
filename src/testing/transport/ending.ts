/** Ends, resets and closing are told apart, and none of them loses what was promised. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NetError } from '../../core/error.ts';
import { fakeClock } from '../fake-clock.ts';
import {
  bytes,
  flood,
  pairTest,
  readAll,
  readExactly,
  rejectsWith,
  type TransportSubject,
  turns,
} from './subject.ts';

const FLOOD = 64 * 1024 * 1024;

export function endingTests(subject: TransportSubject): void {
  halfCloseTests(subject);
  abortTests(subject);
  closeTests(subject);
}

function halfCloseTests(subject: TransportSubject): void {
  describe('half-close', () => {
    pairTest('after end() the other half goes on', subject, async (a, b) => {
      await a.write(bytes('question'));
      await a.end();
      assert.equal(String(await readAll(b)), 'question');
      await b.write(bytes('answer'));
      await b.end();
      assert.equal(String(await readAll(a)), 'answer');
      assert.equal(await a.closed, undefined);
      assert.equal(await b.closed, undefined);
    });

    pairTest('the same from the accepting end', subject, async (a, b) => {
      await b.end();
      assert.equal(await a.read(), null);
      await a.write(bytes('still'));
      await a.end();
      assert.equal(String(await readAll(b)), 'still');
      assert.equal(await b.closed, undefined);
    });

    pairTest(
      'the end is read again and again, writing after end is busy, and end is idempotent',
      subject,
      async (a, b) => {
        await a.end();
        await a.end();
        await rejectsWith(a.write(bytes('x')), 'busy');
        assert.equal(await b.read(), null);
        assert.equal(await b.read(), null);
      },
    );

    pairTest('what was written before both ends is read after both', subject, async (a, b) => {
      await a.write(bytes('last words'));
      await Promise.all([a.end(), b.end()]);
      assert.equal(String(await readAll(b)), 'last words');
      assert.equal(await readAll(a).then(String), '');
    });
  });
}

function abortTests(subject: TransportSubject): void {
  describe('abort', () => {
    pairTest('waits reject with the reason, and closed settles with it', subject, async (a) => {
      const reason = new Error('changed my mind');
      const reading = a.read();
      a.abort(reason);
      await assert.rejects(reading, (error) => error === reason);
      assert.equal(await a.closed, reason);
      await assert.rejects(a.write(bytes('x')));
    });

    pairTest('a blocked write rejects', subject, async (a) => {
      const writing = await flood(a, FLOOD);
      const reason = new NetError('closed', 'The test has seen enough');
      a.abort(reason);
      assert.equal(await writing.over, reason);
    });

    const skip = subject.hasReset === false && 'the transport has no reset';
    test('is a reset for the peer, and no end', { skip, timeout: 20_000 }, async () => {
      const [a, b] = await subject.open();
      const reading = b.read();
      a.abort();
      await rejectsWith(reading, 'broken');
      assert.ok((await b.closed) instanceof NetError);
    });

    test('reaches a peer that is not reading', { skip, timeout: 20_000 }, async () => {
      const [a, b] = await subject.open();
      a.abort();
      const reason = await b.closed;
      assert.equal((reason as NetError | undefined)?.code, 'broken');
    });

    pairTest('is idempotent, also after close', subject, async (a, b) => {
      await Promise.all([a.close(), b.close()]);
      a.abort(new Error('too late'));
      assert.equal(await a.closed, undefined);
    });
  });
}

function closeTests(subject: TransportSubject): void {
  describe('close', () => {
    pairTest('delivers what was written, although inbound bytes were never read', subject, async (a, b) => {
      await b.write(bytes('nobody reads this'));
      await turns(5);
      await a.write(bytes('but this'));
      const closing = a.close();
      assert.equal(String(await readAll(b)), 'but this');
      await b.close();
      await closing;
      assert.equal(await a.closed, undefined);
    });

    pairTest('delivers much that was written', subject, async (a, b) => {
      const writing = await flood(a, 2 * 1024 * 1024);
      const reading = readAll(b);
      assert.equal(await writing.over, undefined);
      const closing = a.close();
      assert.equal((await reading).length, 2 * 1024 * 1024);
      await b.close();
      await closing;
    });

    pairTest('is idempotent, and rejects what waits', subject, async (a, b) => {
      const reading = rejectsWith(a.read(), 'closed');
      const first = a.close();
      assert.equal(a.close(), first);
      await reading;
      await b.close();
      await first;
      await rejectsWith(a.read(), 'closed');
      await rejectsWith(a.write(bytes('x')), 'closed');
    });

    test('gives up at the grace deadline on a peer that takes nothing', { timeout: 20_000 }, async () => {
      const clock = fakeClock();
      const [a, b] = await subject.open({ clock, closeGrace: 1000 });
      const writing = await flood(a, FLOOD);
      const closing = rejectsWith(a.close(), 'timeout');
      clock.advance(999);
      await turns(5);
      assert.equal(await Promise.race([a.closed.then(() => 'closed'), turns(5).then(() => 'open')]), 'open');
      clock.advance(1);
      await closing;
      assert.equal(((await a.closed) as NetError).code, 'timeout');
      await writing.over;
      b.abort();
      await b.closed;
    });

    test('a peer that never ends costs the grace and is no failure', { timeout: 20_000 }, async () => {
      const clock = fakeClock();
      const [a, b] = await subject.open({ clock, closeGrace: 1000 });
      await a.write(bytes('x'));
      const closing = a.close();
      assert.equal(String(await readExactly(b, 1)), 'x');
      assert.equal(await b.read(), null);
      clock.advance(1000);
      await closing;
      b.abort();
      await b.closed;
    });

    pairTest('is what `await using` does', subject, async (a, b) => {
      {
        await using held = b;
        await held.end();
        await a.end();
      }
      assert.equal(await b.closed, undefined);
    });
  });
}
