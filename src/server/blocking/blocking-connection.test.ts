import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as k from '../../kernel/index.ts';
import { bytesOf, Descriptors, fails, nameOf, noKernel, ok, recvText } from '../../kernel/test-fixture.ts';
import { hostedLoop } from '../../loop/index.ts';
import {
  openDescriptors,
  RecordingReceiver,
  readAll,
  rejectsWith,
  turns,
} from '../../testing/transport/subject.ts';
import { BlockingConnection, type BlockingOptions } from './blocking-connection.ts';
import { Control, Interrupt } from './blocking-control.ts';

const LIMIT = { skip: noKernel, timeout: 20_000 };

/** More than both socket buffers hold. */
const FLOOD = new Uint8Array(64 * 1024 * 1024);

// So that the descriptor of this thread's loop is there before any are counted.
if (!noKernel) hostedLoop();

/** A peer that is driven by bare system calls, so that one thread plays both sides and nothing is left to chance. */
interface Stage {
  readonly connection: BlockingConnection;
  /** Blocking. */
  readonly peer: number;
  readonly control: Control;
  readonly interrupt: Interrupt;
  readonly descriptors: Descriptors;
}

function blockingTest(
  name: string,
  run: (stage: Stage) => Promise<void>,
  options: Partial<BlockingOptions> = {},
): void {
  test(name, LIMIT, async () => {
    const before = openDescriptors();
    {
      using descriptors = new Descriptors();
      const control = new Control();
      const interrupt = new Interrupt(control.handle);
      const { fd: listener, address } = descriptors.bound(k.SOCK_STREAM);
      ok(k.listen(listener, 8));
      const peer = descriptors.socket(k.AF_INET, k.SOCK_STREAM);
      ok(k.connect(peer, address));
      const fd = ok(k.accept4(listener));
      const all = { interrupt, idle: 0, canReset: true, ...options };
      const connection = new BlockingConnection(fd, `tcp://127.0.0.1:${address.port}`, undefined, all);
      await run({ connection, peer, control, interrupt, descriptors });
      connection.abort();
      await connection.closed;
      control.close();
    }
    assert.equal(openDescriptors(), before);
  });
}

const tell = (fd: number, text: string): void => {
  assert.equal(k.send(fd, bytesOf(text)), text.length);
};

describe('bytes', () => {
  blockingTest('what comes is read, what is written arrives, and both are counted', async (stage) => {
    const { connection, peer } = stage;
    tell(peer, 'hello');
    assert.equal(String(Buffer.from((await connection.read())!)), 'hello');
    await connection.write(bytesOf('good day'));
    assert.equal(recvText(peer), 'good day');
    assert.equal(connection.moved, 13);
  });

  blockingTest('an empty write is nothing', async ({ connection, peer }) => {
    await connection.write(new Uint8Array(0));
    await connection.write(bytesOf('x'));
    assert.equal(recvText(peer), 'x');
  });

  blockingTest('a read that is full is followed by what is left', async ({ connection, peer }) => {
    const sent = 200_000;
    assert.equal(k.send(peer, new Uint8Array(sent).fill(7)), sent);
    ok(k.shutdown(peer, k.SHUT_WR));
    const all = await readAll(connection);
    assert.equal(all.length, sent);
    assert.ok(all.every((byte) => byte === 7));
  });

  blockingTest('it knows both of its ends', async ({ connection, peer }) => {
    assert.equal(String(connection.remote), `tcp://127.0.0.1:${nameOf(peer).port}`);
    const name = new k.Sockaddr();
    ok(k.getpeername(peer, name));
    assert.equal(String(connection.local), `tcp://127.0.0.1:${name.port}`);
  });
});

describe('half-close', () => {
  blockingTest('after end() the other half goes on', async ({ connection, peer }) => {
    await connection.write(bytesOf('question'));
    await connection.end();
    await connection.end();
    assert.equal(recvText(peer), 'question');
    assert.equal(recvText(peer), '');
    await rejectsWith(connection.write(bytesOf('x')), 'busy');
    tell(peer, 'answer');
    ok(k.shutdown(peer, k.SHUT_WR));
    assert.equal(String(await readAll(connection)), 'answer');
    assert.equal(await connection.closed, undefined);
    assert.equal(await connection.read(), null);
  });

  blockingTest(
    'the end is read again and again, and what is written still arrives',
    async ({ connection, peer }) => {
      ok(k.shutdown(peer, k.SHUT_WR));
      assert.equal(await connection.read(), null);
      assert.equal(await connection.read(), null);
      await connection.write(bytesOf('still'));
      assert.equal(recvText(peer), 'still');
      await connection.end();
      assert.equal(await connection.closed, undefined);
      assert.equal(recvText(peer), '');
    },
  );
});

describe('waiting', () => {
  blockingTest('a read that is given up loses nothing', async ({ connection, peer }) => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const reading = connection.read({ signal: stop.signal });
    stop.abort(reason);
    await assert.rejects(reading, (error) => error === reason);
    await assert.rejects(connection.read({ signal: stop.signal }), (error) => error === reason);
    tell(peer, 'later');
    assert.equal(String(Buffer.from((await connection.read())!)), 'later');
  });

  blockingTest('two reads at a time are busy, and the first is unharmed', async ({ connection, peer }) => {
    const first = connection.read();
    await Promise.all([rejectsWith(connection.read(), 'busy'), Promise.resolve(tell(peer, 'x'))]);
    assert.equal((await first)?.length, 1);
  });

  blockingTest(
    'a read that waits in vain for the idle limit aborts the connection',
    async (stage) => {
      const error = await rejectsWith(stage.connection.read(), 'timeout');
      assert.equal(await stage.connection.closed, error);
      assert.equal(stage.connection.isCut, true);
      fails(k.recv(stage.peer, new Uint8Array(1)), 'ECONNRESET');
    },
    { idle: 5 },
  );

  blockingTest(
    'so does a write that nobody takes',
    async ({ connection }) => {
      await rejectsWith(connection.write(FLOOD), 'timeout');
      assert.equal(connection.isCut, true);
      assert.ok(connection.moved < FLOOD.length);
    },
    { idle: 5 },
  );
});

describe('a drain', () => {
  blockingTest(
    'ends a read with that signal; one without goes on',
    async ({ connection, peer, control, interrupt }) => {
      const draining = new AbortController();
      const reason = new Error('closing');
      interrupt.onDrain = () => {
        draining.abort(reason);
        // What a listener does while a read waits does not disturb it.
        void connection.write(bytesOf('bye'));
        tell(peer, 'last words');
      };
      // The first read that finds nothing is blocked, and so is the one that follows.
      const reading = connection.read({ signal: draining.signal });
      control.drain();
      await assert.rejects(reading, (error) => error === reason);
      assert.equal(recvText(peer), 'bye');
      assert.equal(String(Buffer.from((await connection.read())!)), 'last words');
      assert.equal(connection.isCut, false);
    },
  );

  blockingTest('a read that is blocked without a signal hears of it, and waits on', async (stage) => {
    const { connection, peer, control, interrupt } = stage;
    let heard = 0;
    interrupt.onDrain = () => {
      heard++;
      tell(peer, 'x');
    };
    const reading = connection.read();
    control.drain();
    assert.equal((await reading)?.length, 1);
    assert.equal(heard, 1);
  });

  blockingTest('a stop ends what waits, and the peer sees a reset', async ({ connection, peer, control }) => {
    const reading = connection.read();
    control.stop();
    const error = await rejectsWith(reading, 'closed');
    assert.equal(await connection.closed, error);
    assert.equal(connection.isCut, true);
    fails(k.recv(peer, new Uint8Array(1)), 'ECONNRESET');
    await rejectsWith(connection.write(bytesOf('x')), 'closed');
  });

  blockingTest(
    'a listener may close the connection that is read',
    async ({ connection, peer, control, interrupt }) => {
      interrupt.onDrain = () => {
        ok(k.shutdown(peer, k.SHUT_WR));
        void connection.close();
      };
      const reading = connection.read();
      control.drain();
      await rejectsWith(reading, 'closed');
      assert.equal(await connection.closed, undefined);
    },
  );
});

describe('the end', () => {
  blockingTest('a reset by the peer breaks it', async ({ connection, peer, descriptors }) => {
    k.setLinger(peer, 0);
    descriptors.close(peer);
    const error = await rejectsWith(connection.read(), 'broken');
    assert.equal(error.errno, 'ECONNRESET');
    assert.equal(await connection.closed, error);
    await rejectsWith(connection.write(bytesOf('x')), 'broken');
    await rejectsWith(connection.close(), 'broken');
  });

  blockingTest('abort gives its reason to what waits, and resets', async ({ connection, peer }) => {
    const reason = new Error('changed my mind');
    const reading = connection.read();
    connection.abort(reason);
    connection.abort(new Error('too late'));
    await assert.rejects(reading, (error) => error === reason);
    assert.equal(await connection.closed, reason);
    fails(k.recv(peer, new Uint8Array(1)), 'ECONNRESET');
  });

  blockingTest(
    'close delivers what was written, although inbound bytes were never read',
    async ({ connection, peer }) => {
      tell(peer, 'nobody reads this');
      ok(k.shutdown(peer, k.SHUT_WR));
      await connection.write(bytesOf('but this'));
      await connection.close();
      assert.equal(recvText(peer), 'but this');
      assert.equal(recvText(peer), '');
      assert.equal(await connection.closed, undefined);
    },
  );

  blockingTest('close is idempotent, and rejects what waits', async ({ connection, peer }) => {
    const reading = connection.read();
    ok(k.shutdown(peer, k.SHUT_WR));
    const first = connection.close();
    assert.equal(connection.close(), first);
    await rejectsWith(reading, 'closed');
    await first;
    await rejectsWith(connection.write(bytesOf('x')), 'closed');
    await rejectsWith(connection.read(), 'closed');
  });

  blockingTest(
    'a peer that never ends costs the grace and is no failure',
    async ({ connection, peer }) => {
      await connection.write(bytesOf('x'));
      await connection.close();
      assert.equal(recvText(peer), 'x');
      assert.equal(recvText(peer), '');
      assert.equal(await connection.closed, undefined);
    },
    { closeGrace: 1 },
  );

  blockingTest('a stop cuts the grace short', async ({ connection, control }) => {
    control.stop();
    await connection.close();
    assert.equal(connection.isCut, true);
  });

  blockingTest('`await using` closes in order', async ({ connection, peer }) => {
    ok(k.shutdown(peer, k.SHUT_WR));
    {
      await using _held = connection;
    }
    assert.equal(recvText(peer), '');
    assert.equal(await connection.closed, undefined);
  });
});

describe('attach', () => {
  blockingTest('what came before is delivered first, and then the rest', async ({ connection, peer }) => {
    tell(peer, 'zero ');
    await connection.read();
    tell(peer, 'one ');
    const receiver = new RecordingReceiver();
    const wire = connection.attach(receiver);
    while (receiver.text !== 'one ') await turns(1);
    tell(peer, 'two');
    ok(k.shutdown(peer, k.SHUT_WR));
    wire.push(bytesOf('answer'));
    wire.end();
    assert.equal(await receiver.closed, undefined);
    assert.equal(receiver.text, 'one two');
    assert.equal(receiver.calls.filter((call) => call !== 'data').join(), 'end,close');
    assert.equal(recvText(peer), 'answer');
    assert.equal(await connection.closed, undefined);
    assert.equal(connection.moved, 18);
  });

  blockingTest('read and write are busy then, and so is another receiver', async ({ connection }) => {
    connection.attach(new RecordingReceiver());
    await rejectsWith(connection.read(), 'busy');
    await rejectsWith(connection.write(bytesOf('x')), 'busy');
    assert.throws(() => connection.attach(new RecordingReceiver()), { code: 'busy' });
  });

  blockingTest('abort and close go on to the wire', async ({ connection, peer }) => {
    const receiver = new RecordingReceiver();
    connection.attach(receiver);
    const reason = new Error('enough');
    connection.cut(reason);
    assert.equal(await receiver.closed, reason);
    assert.equal(await connection.closed, reason);
    assert.equal(connection.isCut, true);
    fails(k.recv(peer, new Uint8Array(1)), 'ECONNRESET');
  });

  blockingTest('a receiver that comes when all is over is told so', async ({ connection, peer }) => {
    ok(k.shutdown(peer, k.SHUT_WR));
    await readAll(connection);
    await connection.end();
    const receiver = new RecordingReceiver();
    const wire = connection.attach(receiver);
    assert.equal(await receiver.closed, undefined);
    assert.deepEqual(receiver.calls, ['end', 'close']);
    assert.equal(wire.push(bytesOf('x')), false);
  });
});
