import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HalfCloseable } from '../../core/index.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { linkedPair } from '../../testing/linked-pair.ts';
import { turns } from '../../testing/transport/subject.ts';
import type { Context, Handler } from '../handler.ts';
import { Scoreboard, type ScoreboardSize } from '../workers/scoreboard.ts';
import type { Intake, IntakeEvents } from './intake.ts';
import { Station } from './station.ts';

const OPTIONS = { timeout: 20_000 };
const IDLE = 1_000;

const echo: Handler = async (connection) => {
  for await (const chunk of connection) await connection.write(chunk);
};
const never: Handler = () => new Promise(() => {});

describe('serving', () => {
  test('the end of a connection is counted as the handler ended', OPTIONS, async () => {
    const { station, counts, failures } = make({
      handler: async (connection) => {
        if ((await connection.read()) === null) throw new Error('no word');
      },
    });
    const [good, bad] = [join(station), join(station)];
    assert.deepEqual(counts(), { accepted: 2, active: 2, finished: 0, failed: 0, aborted: 0, refused: 0 });
    await good.write(Buffer.from('word'));
    await bad.end();
    assert.equal(await good.read(), null);
    await good.close();
    await bad.closed;
    await turns(2);
    assert.deepEqual(counts(), { accepted: 2, active: 0, finished: 1, failed: 1, aborted: 0, refused: 0 });
    assert.deepEqual(
      failures.map(({ message }) => message),
      ['no word'],
    );
  });

  test('a handler that throws at once, or throws no error, has failed', OPTIONS, async () => {
    for (const handler of [
      () => {
        throw 'a word';
      },
      () => Promise.reject('a word'),
    ]) {
      const { station, counts, failures } = make({ handler });
      await join(station).closed;
      await turns(2);
      assert.equal(counts().failed, 1);
      assert.equal(failures[0]?.message, 'a word');
    }
  });

  test('at the limit of the thread nothing more is accepted until one ends', OPTIONS, async () => {
    const { station, intake, counts } = make({ handler: echo, concurrency: 2 });
    const [first] = [join(station), join(station)];
    assert.deepEqual(intake.calls, ['start', 'pause']);
    await first.close();
    await turns(2);
    assert.deepEqual(intake.calls, ['start', 'pause', 'resume']);
    assert.equal(counts().active, 1);
  });

  test(
    'a connection for which there is no place is held, and served when another worker has one',
    OPTIONS,
    async () => {
      const { station, intake, scoreboard, counts, clock } = make({ handler: echo, maxConnections: 1 });
      scoreboard.openRow(2, 1);
      const elsewhere = scoreboard.claim(2, '') as number;
      const client = join(station);
      assert.equal(station.queued, 1);
      assert.equal(counts().accepted, 0);
      assert.equal(intake.calls.at(-1), 'pause');
      clock.advance(1_000);
      assert.equal(station.queued, 1);
      scoreboard.release(2, elsewhere, 'finished');
      clock.advance(1_000);
      assert.equal(station.queued, 0);
      await client.write(Buffer.from('x'));
      assert.equal((await client.read())?.length, 1);
      assert.equal(clock.pending, 0);
    },
  );
});

describe('the limit of an address', () => {
  test('one more is aborted and counted as refused', OPTIONS, async () => {
    const { station, counts } = make({ handler: never, maxPerAddress: 1 });
    join(station, '10.0.0.1');
    const second = join(station, '10.0.0.1');
    assert.equal(((await second.closed) as { code?: string }).code, 'broken');
    join(station, '10.0.0.2');
    assert.deepEqual(counts(), { accepted: 2, active: 2, finished: 0, failed: 0, aborted: 0, refused: 1 });
  });
});

describe('silence', () => {
  test(
    'a connection is aborted when it was silent for the limit, and at most a quarter more',
    OPTIONS,
    async () => {
      const { station, counts, clock } = make({ handler: echo, idle: IDLE });
      const client = join(station);
      // Right before a look, which is the worst moment.
      clock.advance(IDLE / 4 - 1);
      await client.write(Buffer.from('x'));
      await client.read();
      clock.advance(IDLE - 1);
      assert.equal(counts().active, 1);
      clock.advance(IDLE / 4 + 1);
      assert.equal(counts().aborted, 1);
      await client.closed;
    },
  );

  test('one that was accepted right before a look has the whole limit', OPTIONS, async () => {
    const { station, counts, clock } = make({ handler: never, idle: IDLE });
    join(station);
    clock.advance(IDLE / 4 - 1);
    join(station);
    clock.advance(IDLE);
    assert.equal(counts().active, 2);
    clock.advance(1);
    assert.equal(counts().aborted, 2);
  });

  test('whoever moves a byte now and then stays; nobody is looked at for nothing', OPTIONS, async () => {
    const { station, counts, clock } = make({ handler: echo, idle: IDLE });
    const client = join(station);
    for (let round = 0; round < 10; round++) {
      clock.advance(IDLE - 1);
      await client.write(Buffer.from('x'));
      await client.read();
    }
    assert.equal(counts().active, 1);
    await client.close();
    await turns(2);
    clock.advance(IDLE);
    assert.equal(clock.pending, 0);
  });
});

describe('the signal', () => {
  test('each connection has its own, which the drain aborts', OPTIONS, async () => {
    const contexts: Context[] = [];
    const { station } = make({
      handler: (_, context) => {
        contexts.push(context);
        return new Promise((resolve) => context.signal.addEventListener('abort', () => resolve()));
      },
    });
    const clients = [join(station), join(station)];
    assert.notEqual(contexts[0]!.signal, contexts[1]!.signal);
    assert.equal(contexts[0]!.signal, contexts[0]!.signal);
    const draining = station.drain(1_000);
    assert.equal(contexts[0]!.signal.aborted, true);
    for (const client of clients) assert.equal(await client.read(), null);
    for (const client of clients) await client.close();
    assert.deepEqual(await draining, { finished: 2, aborted: 0 });
  });

  test('whoever asks for it after the drain began finds it aborted', OPTIONS, async () => {
    let context: Context | undefined;
    const { station } = make({
      handler: (_, given) => {
        context = given;
        return new Promise(() => {});
      },
    });
    join(station);
    void station.drain(1_000);
    assert.equal(context!.signal.aborted, true);
    assert.equal((context!.signal.reason as { code?: string }).code, 'closed');
  });
});

describe('draining', () => {
  test('nothing is accepted any more, and an empty station is done at once', OPTIONS, async () => {
    const { station, intake, clock } = make({ handler: echo });
    assert.deepEqual(await station.drain(1_000), { finished: 0, aborted: 0 });
    assert.equal(intake.calls.at(-1), 'close');
    assert.equal(clock.pending, 0);
  });

  test('the deadline aborts what is left; what ended before the drain does not count', OPTIONS, async () => {
    const { station, counts, clock } = make({ handler: echo });
    const [early, stays, ends] = [join(station), join(station), join(station)];
    await early.close();
    await turns(2);
    const draining = station.drain(1_000);
    await ends.close();
    await turns(2);
    clock.advance(999);
    assert.equal(counts().active, 1);
    clock.advance(1);
    assert.deepEqual(await draining, { finished: 1, aborted: 1 });
    assert.equal(((await stays.closed) as { errno?: string }).errno, 'ECONNRESET');
    assert.deepEqual(counts(), { accepted: 3, active: 0, finished: 2, failed: 0, aborted: 1, refused: 0 });
    assert.equal(clock.pending, 0);
  });

  test('again, only a shorter deadline holds', OPTIONS, async () => {
    const { station, counts, clock } = make({ handler: never });
    join(station);
    const draining = station.drain(1_000);
    assert.equal(station.drain(5_000), draining);
    clock.advance(500);
    void station.drain(100);
    clock.advance(99);
    assert.equal(counts().active, 1);
    clock.advance(1);
    assert.deepEqual(await draining, { finished: 0, aborted: 1 });
  });

  test('asked again when it is over, it leaves no timer behind', OPTIONS, async () => {
    const { station, clock } = make({ handler: never });
    await station.drain(1_000);
    await station.drain(10);
    assert.equal(clock.pending, 0);
  });

  test('what was held without a place is aborted, and told', OPTIONS, async () => {
    const { station, scoreboard, troubles, clock } = make({ handler: echo, maxConnections: 1 });
    scoreboard.openRow(2, 1);
    scoreboard.claim(2, '');
    const client = join(station);
    assert.deepEqual(await station.drain(1_000), { finished: 0, aborted: 0 });
    assert.equal(((await client.closed) as { errno?: string }).errno, 'ECONNRESET');
    assert.equal(station.queued, 0);
    assert.equal(troubles.length, 1);
    assert.match(troubles[0]!.message, /dropped/);
    assert.equal(clock.pending, 0);
  });
});

interface Setting extends Partial<ScoreboardSize> {
  readonly handler: Handler;
  readonly concurrency?: number;
  readonly idle?: number;
}

class FakeIntake implements Intake {
  readonly calls: string[] = [];
  events: IntakeEvents | undefined;

  start(events: IntakeEvents): void {
    this.events = events;
    this.calls.push('start');
  }
  pause(): void {
    this.calls.push('pause');
  }
  resume(): void {
    this.calls.push('resume');
  }
  close(): void {
    this.calls.push('close');
  }
}

function make(setting: Setting) {
  const { handler, concurrency = 100, idle = 0, maxConnections = 100, maxPerAddress = 0 } = setting;
  const size = { maxConnections, maxPerAddress };
  const scoreboard = new Scoreboard(new SharedArrayBuffer(Scoreboard.bytes(size)), size);
  scoreboard.openRow(1, process.pid);
  const clock = fakeClock();
  const failures: Error[] = [];
  const troubles: Error[] = [];
  const station = new Station({
    handler,
    context: { architecture: 'reactor', worker: 1, shared: undefined },
    scoreboard,
    concurrency,
    limitsAddresses: maxPerAddress > 0,
    idle,
    clock,
    onFailure: (error) => failures.push(error),
    onTrouble: (error) => troubles.push(error),
    onLost: (error) => assert.fail(error),
  });
  const intake = new FakeIntake();
  station.open(intake);
  return { station, intake, scoreboard, clock, failures, troubles, counts: () => scoreboard.counts(1) };
}

/** The client's end of a connection that the station was given. */
function join(station: Station, host = '127.0.0.1'): HalfCloseable {
  const [near, far] = linkedPair();
  Object.defineProperty(far, 'remote', { value: { host } });
  station.take(far);
  return near;
}
