/** A name that nobody resolves holds nobody up. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { InetAddress } from '../core/address.ts';
import { kernelAvailable } from '../kernel/index.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { rejectsWith } from '../testing/transport/subject.ts';
import { CONNECT_TIMEOUT } from './options.ts';
import type { Resolve } from './resolve.ts';
import { tcp } from './tcp/index.ts';
import { udp, udpSessions } from './udp/index.ts';

const options = { timeout: 20_000 };
/** Its resolution takes a turn of Node's loop at least, and the tests below are over before. */
const NAME = 'localhost:0';

for (const driver of ['node', 'kernel'] as const) {
  if (driver === 'kernel' && !kernelAvailable()) continue;
  const asks = {
    'tcp.listen': (more: object) => tcp.listen(`tcp://${NAME}`, { driver, ...more }),
    'udp.bind': (more: object) => udp.bind(`udp://${NAME}`, { driver, ...more }),
    'udp.connect': (more: object) => udp.connect('udp://localhost:9', { driver, ...more }),
    'udpSessions.listen': (more: object) => udpSessions.listen(`udp://${NAME}`, { driver, ...more }),
    'udpSessions.connect': (more: object) => udpSessions.connect('udp://localhost:9', { driver, ...more }),
  };
  describe(`resolving on ${driver}`, () => {
    for (const [name, ask] of Object.entries(asks)) {
      test(`${name} gives up at the deadline and says why`, options, async () => {
        const clock = fakeClock();
        const asking = rejectsWith(ask({ clock }), 'timeout');
        clock.advance(CONNECT_TIMEOUT);
        const error = await asking;
        assert.match(
          error.message,
          /^Cannot (listen on|connect to) (tcp|udp):\/\/localhost:\d: the name localhost /,
        );
        assert.equal(error.errno, 'ETIMEDOUT');
        assert.equal(clock.pending, 0);
      });

      test(`${name} has a deadline of one's own, and can be given up`, options, async () => {
        const clock = fakeClock();
        const asking = rejectsWith(ask({ clock, connectTimeout: 5 }), 'timeout');
        clock.advance(5);
        await asking;
        const stop = new AbortController();
        const waiting = ask({ clock, signal: stop.signal });
        const reason = new Error('enough');
        stop.abort(reason);
        await assert.rejects(waiting, (error) => error === reason);
        assert.equal(clock.pending, 0);
      });
    }

    test('a name that is resolved in time leaves no timer', options, async () => {
      const clock = fakeClock();
      await using listener = await tcp.listen(`tcp://${NAME}`, { driver, clock });
      assert.equal(listener.address.kind, 'inet');
      assert.equal(clock.pending, 0);
    });
  });
}

test('a connection asks the resolver that it is given, and tries what that says', options, async () => {
  await using listener = await tcp.listen('tcp://127.0.0.1:0');
  const { port } = listener.address as InetAddress;
  const asked: string[] = [];
  const resolve: Resolve = async ({ host }) => {
    asked.push(host);
    return [{ host: '127.0.0.1', family: 4, port }];
  };
  await using connection = await tcp.connect('tcp://no.such.name.invalid:9', { resolve });
  assert.deepEqual(asked, ['no.such.name.invalid']);
  assert.equal((connection.remote as InetAddress).port, port);
  const lost = new Error('lost');
  await assert.rejects(tcp.connect('tcp://other.invalid:9', { resolve: () => Promise.reject(lost) }), lost);
});
