/** A client of HTTP/2 made of frames, joined in memory to a server, with time that stands. */
import type { Bytes } from '../../../core/index.ts';
import { ERROR_CODE, FLAG, FRAME } from '../../../protocol/http2/index.ts';
import type { HttpHandler } from '../contract.ts';
import type { HttpOptions } from '../server/options.ts';
import { Dialogue } from '../server/test-dialogue.ts';
import { framesOf, greeting, type SeenFrame } from './test-frames.ts';

/** Turns of the loop in which Node's HTTP/2 is done with what it has. */
const TURNS = 12;

export class RawClient {
  readonly dialogue: Dialogue;
  readonly faults: string[] = [];

  constructor(handler: HttpHandler, options: HttpOptions = {}) {
    this.dialogue = new Dialogue(handler, options);
  }

  /** With the preface and SETTINGS said. */
  static async open(
    handler: HttpHandler,
    options: HttpOptions = {},
    ...pairs: (readonly [id: number, value: number])[]
  ): Promise<RawClient> {
    const client = new RawClient(handler, options);
    await client.say(greeting(...pairs));
    return client;
  }

  async say(...frames: Bytes[]): Promise<void> {
    for (const bytes of frames) this.dialogue.wire.push(bytes);
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  async pass(ms: number): Promise<void> {
    await this.dialogue.pass(ms);
    await this.settle();
  }

  get state(): Dialogue['state'] {
    return this.dialogue.state;
  }

  get frames(): SeenFrame[] {
    return framesOf(Buffer.from(this.dialogue.raw, 'latin1'));
  }

  /** As `type`, of one stream. */
  of(stream: number, type?: number): SeenFrame[] {
    return this.frames.filter((seen) => seen.stream === stream && (type === undefined || seen.type === type));
  }

  /** All DATA of the stream. */
  body(stream: number): Buffer {
    return Buffer.concat(this.of(stream, FRAME.data).map(({ payload }) => payload));
  }

  hasEnded(stream: number): boolean {
    return this.of(stream).some(
      ({ type, flags }) => (type === FRAME.data || type === FRAME.headers) && (flags & FLAG.endStream) !== 0,
    );
  }

  /** The name of the code that the stream was reset with. */
  resetOf(stream: number): string | undefined {
    const [first] = this.of(stream, FRAME.rstStream);
    return first === undefined ? undefined : codeName(first.payload.readUInt32BE(0));
  }

  /** Last stream and name of the code of each GOAWAY. */
  get goaways(): [last: number, code: string][] {
    return this.of(0, FRAME.goaway).map(({ payload }) => [
      payload.readUInt32BE(0),
      codeName(payload.readUInt32BE(4)),
    ]);
  }
}

function codeName(code: number): string {
  return Object.entries(ERROR_CODE).find(([, value]) => value === code)?.[0] ?? String(code);
}
