/** The measurements of the experiment, each over connections of its own. */
import { NetError } from '../../../../core/index.ts';
import * as k from '../../../../kernel/index.ts';
import type { Duel, Outcome, Setup } from './duel.ts';
import { type Answer, PART, type Sending } from './tasks.ts';

/** Bytes that a stream never passes, should nobody stop it. */
const LIMIT = 64 * 2 ** 30;
/** Bytes of the calls whose size is not the question. */
export const LARGE = 256 * 1024;

export interface StreamPoint {
  readonly series: string;
  /** Bytes a call. */
  readonly write: number;
  readonly read: number;
  readonly setup: Setup;
}

export interface StreamFigures {
  readonly bytesPerSecond: number;
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
  readonly bytesPerSegment: number;
  /** As the kernel tells them before the stream begins. */
  readonly sendBuffer: number;
  readonly receiveBuffer: number;
}

/** @throws NetError `broken` when not every byte came. */
export async function measureStream(duel: Duel, point: StreamPoint, seconds: number): Promise<StreamFigures> {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const outcome = await duel.play(
    point.setup,
    { do: 'pour', size: point.write, limit: LIMIT, stop },
    { do: 'drain', size: point.read, seconds, stop },
  );
  const { client, server, clientInfo, sendBuffer, receiveBuffer } = outcome;
  checkAll(client.bytes, server.bytes);
  return {
    bytesPerSecond: server.measured.bytes / server.measured.seconds,
    readsPerSecond: server.measured.calls / server.measured.seconds,
    writesPerSecond: client.measured.calls / client.measured.seconds,
    bytesPerSegment: client.bytes / Math.max(1, clientInfo.dataSegmentsSent),
    sendBuffer,
    receiveBuffer,
  };
}

export interface DialogueCase {
  readonly name: string;
  readonly noDelay: boolean;
  readonly quickAck: Answer['quickAck'];
  readonly sending: Sending;
}

export interface DialogueFigures {
  /** Seconds of each request, in their order. */
  readonly latencies: readonly number[];
  /** Segments with data that the client sent, a request. */
  readonly segments: number;
  /** Segments without data that the server sent, a request: bare acknowledgements. */
  readonly acknowledgements: number;
}

/** @throws NetError `broken` when not every answer came. */
export async function measureDialogue(
  duel: Duel,
  { noDelay, quickAck, sending }: DialogueCase,
  requests: number,
): Promise<DialogueFigures> {
  const outcome: Outcome = await duel.play(
    { client: { noDelay } },
    { do: 'ask', requests, sending },
    { do: 'answer', quickAck },
  );
  const { client, server, clientInfo, serverInfo } = outcome;
  checkAll(requests * 2 * PART, server.bytes);
  checkAll(server.bytes, client.bytes);
  return {
    latencies: client.latencies,
    segments: clientInfo.dataSegmentsSent / requests,
    acknowledgements: (serverInfo.segmentsSent - serverInfo.dataSegmentsSent) / requests,
  };
}

/** Seconds of a system call that does next to nothing: what each read and write costs at least. */
export function bareCall(calls = 20_000): number {
  const begun = performance.now();
  for (let call = 0; call < calls; call++) k.fcntl(0, k.F_GETFD);
  return (performance.now() - begun) / 1000 / calls;
}

function checkAll(sent: number, received: number): void {
  if (sent === received) return;
  throw new NetError('broken', `Of ${sent} bytes ${received} arrived on loopback; the connection was broken`);
}
