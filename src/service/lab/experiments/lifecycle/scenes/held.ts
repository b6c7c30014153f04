/**
 * The states that pass too fast to be seen, held still. A FIN leaves after the data before it, and data does not leave while
 * the peer's window is shut: so both sides fill each other's receive queues first.
 */
import * as k from '../../../../../kernel/index.ts';
import type { Scene } from '../scene.ts';
import type { Stage } from '../stage.ts';

/** Bytes of the buffers: small, so that they fill at once. The kernel takes no less than about 2 KiB. */
const SMALL = 4096;
/** Bytes that may be written before a queue that never fills is given up: the largest buffers of Linux hold less. */
const ENOUGH = 64 * 1024 * 1024;

export const simultaneousClose: Scene = {
  title: 'Both close at once, held still by full queues',
  note: 'The receive queues were filled first. A FIN counts as one byte of a queue.',
  async play(stage) {
    await stage.establish(makeSmall);
    await fill(stage, 'client', { client: 'ESTABLISHED', server: 'ESTABLISHED' });
    await fill(stage, 'server', { client: 'ESTABLISHED', server: 'ESTABLISHED' });
    await endBoth(stage);
    await stage.step({
      by: 'client',
      call: 'read() to the end',
      run: () => stage.readToEnd(stage.client!),
      expect: { client: 'CLOSING', server: 'FIN-WAIT-2' },
      section: '3.6',
      words:
        'Room, so the server’s data comes, and its FIN behind it. The client has acknowledged the server’s FIN while its own ' +
        'still waits: CLOSING, the state of two ends that crossed.',
    });
    await stage.step({
      by: 'server',
      call: 'read() to the end',
      run: () => stage.readToEnd(stage.server!),
      expect: { client: 'TIME-WAIT', server: 'TIME-WAIT' },
      section: '3.6',
      words: 'The client’s FIN arrives and is acknowledged. Both closed first, so both wait.',
    });
  },
};

export const lastAck: Scene = {
  title: 'LAST-ACK, held still by a full queue',
  async play(stage) {
    await stage.establish(makeSmall);
    await stage.step({
      by: 'client',
      call: 'shutdown(SHUT_WR)',
      run: () => k.shutdown(stage.client!, k.SHUT_WR),
      expect: { client: 'FIN-WAIT-2', server: 'CLOSE-WAIT' },
      section: '3.6.1',
      words: 'The client ends its half and waits for the answer.',
    });
    await fill(stage, 'server', { client: 'FIN-WAIT-2', server: 'CLOSE-WAIT' });
    await stage.step({
      by: 'server',
      call: 'close()',
      run: () => stage.closeServer(),
      expect: { client: 'FIN-WAIT-2', server: 'LAST-ACK' },
      section: '3.6',
      words:
        'close returns at once. What was written still leaves, then the FIN: the kernel keeps a socket without a descriptor ' +
        'in LAST-ACK for it.',
    });
    await stage.step({
      by: 'client',
      call: 'read() to the end',
      run: () => stage.readToEnd(stage.client!),
      expect: { client: 'TIME-WAIT', server: null },
      section: '3.6',
      words: 'All data came, the FIN after it. Its acknowledgement ended the server’s side.',
    });
  },
};

function makeSmall(fd: number): void {
  k.setSocketOptions(fd, 'ipv4', { sendBuffer: SMALL, receiveBuffer: SMALL });
}

async function fill(
  stage: Stage,
  by: 'client' | 'server',
  expect: { client: string; server: string },
): Promise<void> {
  const fd = by === 'client' ? stage.client! : stage.server!;
  await stage.step({
    by,
    call: 'write() until EAGAIN',
    run: () => writeAll(fd),
    expect,
    section: '3.8.6',
    words: `Nobody reads: the receive queue of the ${by === 'client' ? 'server' : 'client'} is full and its window shut. What is left waits in the send queue.`,
  });
}

/** Bytes that went before the call would have waited, or `-errno`. */
function writeAll(fd: number): number {
  const chunk = new Uint8Array(1024);
  let total = 0;
  while (total < ENOUGH) {
    const result = k.send(fd, chunk);
    if (result === -k.EAGAIN) return total;
    if (result < 0) return result;
    total += result;
  }
  return total;
}

async function endBoth(stage: Stage): Promise<void> {
  await stage.step({
    by: 'client',
    call: 'shutdown(SHUT_WR)',
    run: () => k.shutdown(stage.client!, k.SHUT_WR),
    expect: { client: 'FIN-WAIT-1', server: 'ESTABLISHED' },
    section: '3.6',
    words: 'The FIN stands behind data that cannot leave: FIN-WAIT-1. The server knows nothing of it.',
  });
  await stage.step({
    by: 'server',
    call: 'shutdown(SHUT_WR)',
    run: () => k.shutdown(stage.server!, k.SHUT_WR),
    expect: { client: 'FIN-WAIT-1', server: 'FIN-WAIT-1' },
    section: '3.6',
    words: 'The server ends too, before it has seen the client’s FIN.',
  });
}
