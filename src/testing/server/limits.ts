/** What is limited stops at the limit, and goes on when there is room again. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { readExactly } from '../transport/subject.ts';
import { bytes, endOf, stageTest } from './stage.ts';
import { type ServerSubject, WORKERS } from './subject.ts';

/** Ms of silence: short enough to wait for. Whoever must not be silent for so long sends as fast as it can. */
const IDLE = 100;

export function limitTests(subject: ServerSubject): void {
  describe('limits', () => {
    const one = { serve: { maxConnections: 1 } };
    stageTest(
      'at maxConnections who comes waits, and is served when one ends',
      subject,
      one,
      async (stage) => {
        const first = await stage.begin('echo');
        const waiting = [await stage.ask('echo'), await stage.ask('echo')];
        // Round trips in which others would be served if they could.
        for (const letter of 'abcd') {
          await first.write(bytes(letter));
          assert.equal(String(await readExactly(first, 1)), letter);
        }
        // How many the system holds, it tells for TCP only.
        await stage.until('two wait', ({ queued }) => queued === 2 || !subject.isInet);
        const { accepted, active } = stage.server.statistics();
        assert.deepEqual({ accepted, active }, { accepted: 1, active: 1 });
        await first.close();
        await Promise.all(
          waiting.map(async (client) => {
            await stage.hasBegun(client);
            await client.close();
          }),
        );
        assert.equal((await stage.settled()).finished, 3);
      },
    );

    const unnamed = !subject.isInet && 'peers have no address of their own';
    const alone = subject.traits.concurrency === 1 && 'it serves one connection at a time';
    const skip = unnamed || alone;
    const perAddress = { serve: { maxPerAddress: 1 }, skip };
    stageTest(
      'one more of an address is reset, and counted as refused',
      subject,
      perAddress,
      async (stage) => {
        const first = await stage.begin('echo');
        assert.equal(await stage.fate(), 'lost');
        await stage.until('one is refused', ({ refused }) => refused === 1);
        await first.close();
        await stage.settled();
        const next = await stage.begin('echo');
        await next.close();
        const { accepted, finished, refused } = await stage.settled();
        assert.deepEqual({ accepted, finished, refused }, { accepted: 2, finished: 2, refused: 1 });
      },
    );

    idleTests(subject);
  });
}

function idleTests(subject: ServerSubject): void {
  const idle = { serve: { idle: IDLE } };
  const name = 'who is silent for longer than `idle` is aborted, whatever the handler does';
  stageTest(name, subject, idle, async (stage) => {
    for (const [at, act] of ['echo', ...Array<string>(WORKERS).fill('never')].entries()) {
      const client = await stage.begin(act);
      assert.equal(await endOf(client), subject.isInet ? 'lost' : 'end');
      await stage.until('it is counted', ({ aborted }) => aborted === at + 1);
    }
    // Their places are free again.
    const next = await stage.begin('echo');
    await next.close();
    assert.equal((await stage.settled()).finished, 1);
  });
}
