/** Requests of two small parts and their answers, in blocking calls. Each side runs in a thread of its own. */
import * as k from '../../../../kernel/index.ts';
import { must } from '../shared/sockets.ts';
import { type Answer, type Ask, type Done, PART, type Sending } from './tasks.ts';

const REQUEST = 2 * PART;
const WHAT = 'Cannot send a request';

export function ask({ fd, requests, sending }: Ask): Done {
  const send = senderOf(fd, sending);
  const memory = new k.Memory(REQUEST);
  const latencies: number[] = [];
  let bytes = 0;
  const begun = performance.now();
  for (let request = 0; request < requests; request++) {
    const sent = performance.now();
    send();
    bytes += readWhole(fd, memory);
    latencies.push((performance.now() - sent) / 1000);
  }
  const seconds = (performance.now() - begun) / 1000;
  must(k.shutdown(fd, k.SHUT_WR), 'Cannot end the requests');
  return { bytes, measured: { bytes, calls: requests, seconds }, latencies };
}

function senderOf(fd: number, sending: Sending): () => void {
  const [head, body] = [new k.Memory(PART), new k.Memory(PART)];
  const twoWrites = () => {
    must(k.sendAt(fd, head.address, PART), WHAT);
    must(k.sendAt(fd, body.address, PART), WHAT);
  };
  if (sending === 'two writes') return twoWrites;
  if (sending === 'cork') return corked(fd, twoWrites);
  const vector = new k.IoVector(2);
  return () => {
    vector.clear();
    vector.add(head.bytes);
    vector.add(body.bytes);
    must(k.writev(fd, vector), WHAT);
  };
}

function corked(fd: number, send: () => void): () => void {
  const cork = (on: number) =>
    must(k.setsockoptInt(fd, k.IPPROTO_TCP, k.TCP_CORK, on), 'Cannot set TCP_CORK');
  return () => {
    cork(1);
    send();
    cork(0);
  };
}

export function answer({ fd, quickAck }: Answer): Done {
  const memory = new k.Memory(REQUEST);
  const arm = () => must(k.setsockoptInt(fd, k.IPPROTO_TCP, k.TCP_QUICKACK, 1), 'Cannot set TCP_QUICKACK');
  if (quickAck !== 'default') arm();
  const beforeRead = quickAck === 'always' ? arm : () => {};
  let bytes = 0;
  let calls = 0;
  const begun = performance.now();
  for (let count = readWhole(fd, memory, beforeRead); count > 0; count = readWhole(fd, memory, beforeRead)) {
    must(k.sendAt(fd, memory.address, REQUEST), 'Cannot send an answer');
    bytes += count;
    calls++;
  }
  const seconds = (performance.now() - begun) / 1000;
  return { bytes, measured: { bytes, calls, seconds }, latencies: [] };
}

/** A whole request or answer; fewer bytes at the end of the stream. */
function readWhole(fd: number, memory: k.Memory, beforeRead: () => void = () => {}): number {
  let bytes = 0;
  while (bytes < REQUEST) {
    beforeRead();
    const count = must(k.readAt(fd, memory.address + bytes, REQUEST - bytes), 'Cannot read');
    if (count === 0) return bytes;
    bytes += count;
  }
  return bytes;
}
