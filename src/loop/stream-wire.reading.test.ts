/** Nothing that arrives is overlooked, whether a poller reports states (select, poll) or changes (epoll). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedAddress } from '../core/address.ts';
import {
  AF_UNIX,
  close,
  EAGAIN,
  kernelAvailable,
  SHUT_WR,
  SOCK_STREAM,
  send,
  sendDescriptors,
  shutdown,
  socketpair,
} from '../kernel/index.ts';
import { Recorder } from '../testing/recorder.ts';
import { type PollerName, WRITABLE } from './poller.ts';
import { ReadBuffer } from './read-buffer.ts';
import { StandingLoop } from './standing-loop.ts';
import { StreamWire } from './stream-wire.ts';

const skip = kernelAvailable() ? false : 'needs Linux';
const endpoints = { local: namedAddress('memory', 'near'), remote: namedAddress('memory', 'far') };

for (const poller of ['select', 'poll', 'epoll'] satisfies PollerName[]) {
  test(`${poller}: more than one turn reads comes whole, and the end after it`, { skip }, async () => {
    const { received } = await receive(poller, 3_000_000, () => {});
    assert.equal(received, 3_000_000);
  });

  test(`${poller}: nothing is lost when each chunk pauses the wire`, { skip }, async () => {
    const { received } = await receive(poller, 3_000_000, (wire, loop) => {
      wire.pause();
      loop.after(0, () => wire.resume());
    });
    assert.equal(received, 3_000_000);
  });

  test(`${poller}: nothing is lost when each chunk pauses and resumes the wire at once`, {
    skip,
  }, async () => {
    const { received } = await receive(poller, 1_000_000, (wire) => {
      wire.pause();
      wire.resume();
    });
    assert.equal(received, 1_000_000);
  });

  test(`${poller}: a read that stops behind descriptors leaves nothing behind`, { skip }, async () => {
    const fds = socketpair(AF_UNIX, SOCK_STREAM);
    if (typeof fds === 'number') throw new Error(`socketpair: ${fds}`);
    const [near, far] = fds;
    const loop = new StandingLoop({ poller });
    const wire = new StreamWire(near, loop, new ReadBuffer(), endpoints, false);
    const recorder = new Recorder();
    wire.start(recorder);
    recorder.onEvent = (event) => {
      if (event === 'data plain') wire.abort();
    };
    sendDescriptors(far, [far], Buffer.from('with a descriptor'));
    send(far, Buffer.from('plain'));
    // Only for a loop that would otherwise wait for ever.
    loop.after(5_000, () => wire.abort(), { background: true });
    await loop.run();
    close(far);
    assert.deepEqual(recorder.log, ['data with a descriptor', 'data plain', 'close clean']);
  });

  test(`${poller}: bytes and end that arrive together, while paused, come after the resume`, {
    skip,
  }, async () => {
    const { received, chunks } = await receive(poller, 10, (wire, loop) => {
      wire.pause();
      loop.after(1, () => wire.resume());
    });
    assert.deepEqual({ received, chunks }, { received: 10, chunks: 1 });
  });
}

/** Sends `size` bytes and the end to a wire, and counts what it receives until it has closed. */
async function receive(
  poller: PollerName,
  size: number,
  onChunk: (wire: StreamWire, loop: StandingLoop) => void,
): Promise<{ received: number; chunks: number }> {
  const fds = socketpair(AF_UNIX, SOCK_STREAM);
  if (typeof fds === 'number') throw new Error(`socketpair: ${fds}`);
  const [near, far] = fds;
  const loop = new StandingLoop({ poller });
  const wire = new StreamWire(near, loop, new ReadBuffer(), endpoints, false);
  let received = 0;
  let chunks = 0;
  wire.start({
    onData(chunk) {
      received += chunk.length;
      chunks++;
      onChunk(wire, loop);
    },
    onEnd: () => wire.end(),
    onDrain() {},
    onClose: (reason) => assert.equal(reason, undefined),
  });
  sendAll(loop, far, size);
  await loop.run();
  close(far);
  return { received, chunks };
}

/** Sends as the socket takes it, then ends. */
function sendAll(loop: StandingLoop, fd: number, size: number): void {
  let left = size;
  const block = new Uint8Array(200_000);
  const push = (): void => {
    while (left > 0) {
      const sent = send(fd, block.subarray(0, Math.min(left, block.length)));
      if (sent === -EAGAIN) return;
      assert.ok(sent > 0);
      left -= sent;
    }
    loop.unwatch(fd);
    shutdown(fd, SHUT_WR);
  };
  loop.watch(fd, WRITABLE, { onReady: push });
}
