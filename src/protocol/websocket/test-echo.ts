/** An endpoint that echoes, for tests: bytes of a client in, what a server answers out, in words. */
import { type EndpointOptions, WebSocketEndpoint } from './endpoint.ts';
import { chop, type Read, readFrames } from './test-frames.ts';

export interface Echoed {
  /** `text hello`, `binary 3`, `pong hi`, `close 1002`; long payloads by their length. */
  readonly said: readonly string[];
  readonly frames: readonly Read[];
  readonly error: Error | undefined;
  readonly endpoint: WebSocketEndpoint;
}

/** What a server that echoes says to these chunks. */
export function echo(chunks: readonly Uint8Array[], options: Partial<EndpointOptions> = {}): Echoed {
  const endpoint = new WebSocketEndpoint({ role: 'server', ...options }, 0);
  const out: Uint8Array[] = [];
  let error: Error | undefined;
  for (const chunk of chunks) {
    // Chunks are unmasked in place: whoever uses them again gives a copy.
    endpoint.receive(new Uint8Array(chunk), 0);
    try {
      for (let event = endpoint.next(); event !== null; event = endpoint.next())
        if (event.type === 'message' && endpoint.canSend) endpoint.send(event.data);
    } catch (thrown) {
      error ??= thrown as Error;
    }
    for (let piece = endpoint.take(); piece !== null; piece = endpoint.take())
      out.push(new Uint8Array(piece));
  }
  const frames = readFrames(Buffer.concat(out));
  return { said: frames.map(describe), frames, error, endpoint };
}

/** Cuts at the first bytes only, where all the heads of what is long are. */
const LONG = 2000;

/** The same bytes whole, byte by byte, cut in two at every byte, and in pieces of some sizes. */
export function splits(bytes: Uint8Array): Uint8Array[][] {
  const ways = [[bytes], chop(bytes, 1), chop(bytes, 3), chop(bytes, 997)];
  for (let cut = 1; cut < Math.min(bytes.length, bytes.length > LONG ? 20 : LONG); cut++)
    ways.push([bytes.subarray(0, cut), bytes.subarray(cut)]);
  return ways;
}

const NAMES: Readonly<Record<number, string>> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

function describe({ opcode, payload }: Read): string {
  const name = NAMES[opcode] ?? `opcode ${opcode}`;
  if (opcode === 8) return payload.length < 2 ? name : `${name} ${payload.readUInt16BE()}`;
  const shown = payload.length > 60 || opcode === 2 ? `${payload.length}` : payload.toString();
  return payload.length === 0 && opcode !== 2 ? name : `${name} ${shown}`;
}
