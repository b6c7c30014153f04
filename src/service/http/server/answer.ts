/** One answer on its way out: its head, its framing, its body. It knows no handler. */
import type { Bytes } from '../../../core/index.ts';
import { CHUNKED, UNTIL_CLOSE } from '../../../protocol/http1/index.ts';
import type { BodyContent } from '../body.ts';
import { type FileBody, FileChunks } from '../file-body.ts';
import { HttpResponse, responseFields, type Trailers, trailersIn } from '../response.ts';
import { AnswerStream } from './answer-stream.ts';
import { type ChunkSource, sourceOf } from './chunk-source.ts';
import type { ExchangeHead, Line } from './line.ts';
import { asksToClose, fieldOf, givenLength, headText, UNSAID } from './response-head.ts';

const NO_FIELDS: readonly string[] = [];
const PLAIN_TEXT: readonly string[] = ['content-type', 'text/plain;charset=UTF-8'];

/** For a 405 that is about the method alone, and not about what it is meant for (RFC 9110, section 15.5.6). */
const USUAL_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** Whose answer it is. */
export interface Answerer {
  readonly head: ExchangeHead;
  /** Whether the connection must end behind the answer, as far as the request says. */
  readonly mustClose: boolean;
  /** All of it was written. */
  onAnswered(): void;
  /** Its body broke off, behind its head or before. */
  onBroken(error: Error): void;
}

export class Answer {
  /** 0: none yet. */
  status = 0;
  /** Whether the connection ends behind it. */
  closes = false;
  readonly #line: Line;
  readonly #owner: Answerer;
  #reason = '';
  #fields = NO_FIELDS;
  #sent = 0;
  #stream: AnswerStream | undefined;

  constructor(line: Line, owner: Answerer) {
    this.#line = line;
    this.#owner = owner;
  }

  /** Bytes of the body, so far. */
  get sent(): number {
    return this.#stream === undefined ? this.#sent : this.#stream.sent;
  }

  /** Whether something of it was written. */
  get hasBegun(): boolean {
    return this.status !== 0;
  }

  /** @throws TypeError for a response that cannot be sent; nothing was written */
  send(response: Response): void {
    const content = contentOf(response);
    const { status } = response;
    const trailers = trailersIn(response);
    this.#reason = response.statusText;
    this.#fields = responseFields(response);
    if (this.#owner.head.method === 'HEAD' || status === 204 || status === 304)
      this.#sendHead(status, content);
    else if (trailers !== undefined) this.#sendStream(status, chunksOf(content), undefined, trailers);
    else if (content === null) this.#sendText(status, '');
    else if (typeof content === 'string') this.#sendText(status, content);
    else if (content instanceof Uint8Array) this.#sendBytes(status, content);
    else if ('file' in content) this.#sendFile(status, content.file);
    else this.#sendStream(status, chunksOf(content), givenLength(this.#fields));
  }

  /** An answer of the server's own, behind which the connection ends. */
  sendPlain(status: number, text: string): void {
    this.#reason = '';
    this.#fields = status === 405 ? [...PLAIN_TEXT, 'allow', USUAL_METHODS] : PLAIN_TEXT;
    this.closes = true;
    if (this.#owner.head.method === 'HEAD') this.#sendHead(status, text);
    else this.#sendText(status, text);
  }

  /** The head of an answer that ends HTTP on the connection. */
  sendSwitch(response: HttpResponse): void {
    const { upgrade } = this.#owner.head;
    const fields = responseFields(response);
    const isUpgrade = response.status === 101;
    const names = isUpgrade && upgrade !== undefined && fieldOf(fields, 'upgrade') === undefined;
    this.#reason = response.statusText;
    this.#fields = names ? [...fields, 'upgrade', upgrade] : fields;
    this.#write(response.status, UNSAID, isUpgrade ? 'upgrade' : '', '');
  }

  /** The wire has room again. */
  onDrain(): void {
    this.#stream?.onDrain();
  }

  /** Nobody takes any more. */
  stop(reason: Error): void {
    this.#stream?.stop(reason);
  }

  #sendText(status: number, text: string): void {
    const length = Buffer.byteLength(text);
    this.#sent = length;
    // As many bytes as characters: all of them are ASCII.
    const isAscii = length === text.length;
    this.#begin(status, length, isAscii ? text : '');
    if (!isAscii) this.#line.host.outbox.utf8(this.#line, text);
    this.#owner.onAnswered();
  }

  #sendBytes(status: number, bytes: Bytes): void {
    this.#sent = bytes.length;
    this.#begin(status, bytes.length, '');
    this.#line.host.outbox.bytes(this.#line, bytes);
    this.#owner.onAnswered();
  }

  /** What the body would be is only told of. */
  #sendHead(status: number, content: BodyContent): void {
    release(content);
    const said = status === 204 ? UNSAID : (lengthOf(content) ?? givenLength(this.#fields) ?? UNSAID);
    this.#begin(status, said, '');
    this.#owner.onAnswered();
  }

  #sendFile(status: number, file: FileBody): void {
    if (!this.#line.canSendFiles) {
      this.#sendStream(status, sourceOf(new FileChunks(file)), file.length);
      return;
    }
    this.#sent = file.length;
    this.#begin(status, file.length, '');
    this.#line.sendFile(file);
    this.#owner.onAnswered();
  }

  #sendStream(
    status: number,
    source: ChunkSource,
    length: number | undefined,
    trailers?: Trailers | undefined,
  ): void {
    const isTrailed = trailers !== undefined && this.#owner.head.version !== '1.0';
    const stream = new AnswerStream({
      outbox: this.#line.host.outbox,
      sender: this.#line,
      source,
      length,
      begin: (known) => this.#begin(status, isTrailed ? CHUNKED : (known ?? this.#unknownLength), ''),
      trailers: isTrailed ? trailers : undefined,
    });
    this.#stream = stream;
    stream.run().then(
      (isWhole) => isWhole && this.#owner.onAnswered(),
      (error: unknown) => this.#owner.onBroken(error instanceof Error ? error : new Error(String(error))),
    );
  }

  get #unknownLength(): number {
    return this.#owner.head.version === '1.0' ? UNTIL_CLOSE : CHUNKED;
  }

  /** Writes the head, with `text` behind it; gives the length. */
  #begin(status: number, length: number, text: string): number {
    const { head, mustClose } = this.#owner;
    this.closes ||= mustClose || this.#line.isLast || length === UNTIL_CLOSE || asksToClose(this.#fields);
    const connection = this.closes ? 'close' : head.version === '1.0' ? 'keep-alive' : '';
    this.#write(status, length, connection, text);
    return length;
  }

  #write(status: number, length: number, connection: string, text: string): void {
    const { outbox, date } = this.#line.host;
    const head = headText({ status, reason: this.#reason, fields: this.#fields, length, connection, date });
    this.status = status;
    outbox.latin1(this.#line, head + text);
  }
}

/** @throws TypeError when it was read already, or is no answer */
export function contentOf(response: Response): BodyContent {
  if (response instanceof HttpResponse) return response.content;
  if (!(response.status >= 200 && response.status <= 599 && Number.isInteger(response.status)))
    throw new TypeError(`The handler answered with the status ${response.status}, which is none`);
  if (/[^\t\x20-\x7e\x80-\xff]/.test(response.statusText))
    throw new TypeError('The reason of a status has a control character');
  if (response.bodyUsed || response.body?.locked === true)
    throw new TypeError('The body of the response has been read, or is being read, already');
  return response.body as BodyContent;
}

/** Where it is known without reading. */
export function lengthOf(content: BodyContent): number | undefined {
  if (typeof content === 'string') return Buffer.byteLength(content);
  if (content instanceof Uint8Array) return content.length;
  return content !== null && 'file' in content ? content.file.length : undefined;
}

/** @throws TypeError for a stream that somebody else reads */
export function chunksOf(content: BodyContent): ChunkSource {
  if (content === null) return sourceOf(ReadableStream.from([]));
  if (typeof content === 'string' || content instanceof Uint8Array)
    return sourceOf(ReadableStream.from([content]));
  if ('file' in content) return sourceOf(new FileChunks(content.file));
  return sourceOf('stream' in content ? content.stream() : content);
}

const UNSENT = new Error('The body is not sent');

/** Lets go of what holds something, and will not be sent. */
export function release(content: BodyContent): void {
  if (content === null || typeof content !== 'object' || content instanceof Uint8Array) return;
  if ('file' in content) content.file.onDone();
  else if (content instanceof ReadableStream || Symbol.asyncIterator in content)
    sourceOf(content).cancel(UNSENT);
}

/** Lets go of what the body of a response holds that nobody waits for. */
export function releaseBody(response: Response): void {
  try {
    release(contentOf(response));
  } catch {
    // Somebody reads it already, and lets go of it.
  }
}
