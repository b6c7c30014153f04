/** One answer on its way out over a stream: as that of HTTP/1.1, but the framing is Node's. It knows no handler. */
import type { ServerHttp2Stream, ServerStreamResponseOptions } from 'node:http2';
import type { Bytes } from '../../../core/index.ts';
import { UNTIL_CLOSE } from '../../../protocol/http1/index.ts';
import type { BodyContent } from '../body.ts';
import { type HttpResponse, responseFields, type Trailers, trailersIn } from '../response.ts';
import { type Answerer, chunksOf, contentOf, lengthOf, release } from '../server/answer.ts';
import { AnswerStream } from '../server/answer-stream.ts';
import { type ChunkSource, sourceOf } from '../server/chunk-source.ts';
import type { Line, Reply } from '../server/line.ts';
import { asksToClose, givenLength } from '../server/response-head.ts';
import { answerFields, switchFields, trailerFields } from './answer-fields.ts';

const PLAIN_TEXT: readonly string[] = ['content-type', 'text/plain;charset=UTF-8'];

/** For a 405 that is about the method alone (RFC 9110, section 15.5.6). */
const USUAL_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/**
 * Bytes of a body that are given to Node at once, which holds them until the client's window lets them go; they are the
 * handler's, not copies. More leaves in parts of this size, the next when there is room.
 */
export const PART: number = 1024 * 1024;

export class Http2Answer implements Reply {
  /** 0: none yet. */
  status = 0;
  /** Whether the connection ends behind the streams that are open. */
  closes = false;
  readonly #line: Line;
  readonly #owner: Answerer;
  readonly #stream: ServerHttp2Stream;
  #fields: readonly string[] = [];
  #sent = 0;
  #body: AnswerStream | undefined;

  constructor(line: Line, owner: Answerer, stream: ServerHttp2Stream) {
    this.#line = line;
    this.#owner = owner;
    this.#stream = stream;
  }

  /** Bytes of the body given to Node, so far. */
  get sent(): number {
    return this.#body === undefined ? this.#sent : this.#body.sent;
  }

  /** Whether something of it was written. */
  get hasBegun(): boolean {
    return this.status !== 0;
  }

  /** @throws TypeError for a response that cannot be sent; nothing was written */
  send(response: Response): void {
    const content = contentOf(response);
    if (this.#isGone) {
      release(content);
      return;
    }
    const { status } = response;
    if (this.#owner.head.upgrade !== undefined && status < 300) {
      // To the client of an extended CONNECT it would mean that the stream is its own from here on.
      release(content);
      this.sendPlain(501, 'What the request asks to switch to is not spoken here\n');
      return;
    }
    this.#fields = responseFields(response);
    const trailers = trailersIn(response);
    if (this.#owner.head.method === 'HEAD' || status === 204 || status === 304)
      this.#sendHead(status, content);
    else if (trailers !== undefined)
      this.#sendStream(status, chunksOf(content), lengthOf(content) ?? givenLength(this.#fields), trailers);
    else if (content === null) this.#sendText(status, '');
    else if (typeof content === 'string') this.#sendText(status, content);
    else if (content instanceof Uint8Array) this.#sendBytes(status, content);
    else this.#sendStream(status, chunksOf(content), lengthOf(content) ?? givenLength(this.#fields));
  }

  /** An answer of the server's own. */
  sendPlain(status: number, text: string): void {
    if (this.#isGone) return;
    this.#fields = status === 405 ? [...PLAIN_TEXT, 'allow', USUAL_METHODS] : PLAIN_TEXT;
    if (this.#owner.head.method === 'HEAD') this.#sendHead(status, text);
    else this.#sendText(status, text);
  }

  /** The head of an answer after which the stream is somebody else's. */
  sendSwitch(response: HttpResponse): void {
    if (this.#isGone) return;
    const status = response.status === 101 ? 200 : response.status;
    const fields = switchFields(status, responseFields(response), this.#line.host.date);
    this.#stream.once('wantTrailers', () => this.#stream.sendTrailers({}));
    this.#stream.respond(fields as never, { waitForTrailers: true });
    this.status = response.status;
  }

  /** The stream has room again. */
  onDrain(): void {
    this.#body?.onDrain();
  }

  /** Nobody takes any more. */
  stop(reason: Error): void {
    this.#body?.stop(reason);
  }

  get #isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  #sendText(status: number, text: string): void {
    const length = Buffer.byteLength(text);
    if (length > PART) {
      this.#sendParts(status, Buffer.from(text));
      return;
    }
    this.#sent = length;
    this.#respond(status, length, { endStream: length === 0 });
    if (length > 0) this.#stream.end(text);
    this.#owner.onAnswered();
  }

  #sendBytes(status: number, bytes: Bytes): void {
    if (bytes.length > PART) {
      this.#sendParts(status, bytes);
      return;
    }
    this.#sent = bytes.length;
    this.#respond(status, bytes.length, { endStream: bytes.length === 0 });
    if (bytes.length > 0) this.#stream.end(bytes);
    this.#owner.onAnswered();
  }

  #sendParts(status: number, bytes: Bytes): void {
    this.#sendStream(status, sourceOf(partsOf(bytes)), bytes.length);
  }

  /** What the body would be is only told of. */
  #sendHead(status: number, content: BodyContent): void {
    release(content);
    const said = status === 204 ? undefined : (lengthOf(content) ?? givenLength(this.#fields));
    this.#respond(status, said, { endStream: true });
    this.#owner.onAnswered();
  }

  #sendStream(status: number, source: ChunkSource, length: number | undefined, trailers?: Trailers): void {
    const { outbox } = this.#line.host;
    const begin = (known: number | undefined): number => {
      if (!this.#isGone) this.#respond(status, known, { waitForTrailers: true });
      return known ?? UNTIL_CLOSE;
    };
    const body = new AnswerStream({ outbox, sender: this.#line, source, length, begin });
    this.#body = body;
    this.#run(body, trailers).catch((error: unknown) =>
      this.#owner.onBroken(error instanceof Error ? error : new Error(String(error))),
    );
  }

  /**
   * The end of the stream is said as trailers, perhaps empty ones: a stream of Node that is closed in the middle of a write would
   * otherwise say its end before its reset, and half an answer would be taken for a whole one.
   */
  async #run(body: AnswerStream, trailers: Trailers | undefined): Promise<void> {
    const isWhole = await body.run();
    if (!isWhole || this.#isGone) return;
    this.#line.host.outbox.flush(this.#line);
    const fields = trailers === undefined ? {} : trailerFields(await trailers());
    if (this.#isGone) return;
    this.#stream.once('wantTrailers', () => this.#end(fields));
    this.#stream.end();
  }

  #end(fields: Record<string, string | string[]>): void {
    this.#stream.sendTrailers(fields);
    // Node sends them in an immediate of its own, before this one.
    setImmediate(() => this.#owner.onAnswered());
  }

  #respond(status: number, length: number | undefined, options: ServerStreamResponseOptions): void {
    const { date } = this.#line.host;
    if (asksToClose(this.#fields)) this.closes = true;
    const list = answerFields({ status, fields: this.#fields, length, date });
    this.#stream.respond(list as never, options);
    this.status = status;
  }
}

async function* partsOf(bytes: Bytes): AsyncGenerator<Bytes> {
  for (let at = 0; at < bytes.length; at += PART) yield bytes.subarray(at, at + PART);
}
