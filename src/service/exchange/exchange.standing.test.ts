/** The exchange on a loop that owns its thread, where neither timers nor immediates of Node run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelAvailable } from '../../kernel/index.ts';
import { ReadinessEngine, StandingLoop } from '../../loop/index.ts';
import { connect } from '../../transport/index.ts';
import { startExchange } from './exchange.ts';

test('on a standing loop it greets, carries what is said, and ends with the loop', {
  skip: kernelAvailable() ? false : 'needs Linux',
}, async () => {
  const loop = new StandingLoop();
  const over = { driver: 'kernel', engine: new ReadinessEngine(loop) } as const;
  const exchange = await startExchange({ ...over, data: null, doors: ['tcp://127.0.0.1:0'] });
  const { address } = exchange.doors[0]!;
  const scene = async (): Promise<string> => {
    const [anna, bob] = await Promise.all([connect(address, over), connect(address, over)]);
    // Asks for prose by silence: the greeting comes from a timer.
    let heard = '';
    while (!/anna> hello/.test(heard)) {
      const chunk = await bob.read();
      if (chunk === null) break;
      if (heard === '') await anna.write(Buffer.from('/nick anna\nhello\n'));
      heard += Buffer.from(chunk).toString();
    }
    await exchange.close();
    await Promise.allSettled([anna.close(), bob.close()]);
    return heard;
  };
  // Only for an exchange that would otherwise say nothing for ever.
  loop.after(10_000, () => loop.stop(), { background: true });
  let heard = '';
  const played = scene().then((text) => {
    heard = text;
  });
  await loop.run();
  assert.match(heard, /anna> hello/);
  await played;
});

test('a web door is refused there', { skip: kernelAvailable() ? false : 'needs Linux' }, async () => {
  const over = { driver: 'kernel', engine: new ReadinessEngine(new StandingLoop()) } as const;
  await assert.rejects(
    startExchange({ ...over, data: null, doors: ['http://127.0.0.1:0'] }),
    /cannot be a door on a standing loop.*tcp, unix and udp can/,
  );
});
