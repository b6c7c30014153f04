/** The parts of a form as they come (multipart/form-data, application/x-www-form-urlencoded). It knows no answer. */
import { FORM_LIMITS, FormError, type FormLimits, malformed, tooMuch } from './form-limits.ts';
import { MultipartDecoder, type MultipartEvent } from './multipart-decoder.ts';

export interface FormField {
  readonly kind: 'field';
  readonly name: string;
  readonly value: string;
}

export interface FormFile {
  readonly kind: 'file';
  readonly name: string;
  /** As the client names it: for people, never for a path. */
  readonly filename: string;
  /** As the client says. */
  readonly type: string;
  /** Its bytes as they come; to be read before the next part is asked for, which skips what is left. */
  readonly content: AsyncIterable<Uint8Array>;
}

export type FormPart = FormField | FormFile;

const MULTIPART = 'multipart/form-data';
const URLENCODED = 'application/x-www-form-urlencoded';

/**
 * The fields and files of a form, in their order. Files are streams: what is not read is not held.
 * @throws FormError: 415 for another type, 400 for what is none, 413 for a limit; and what the body throws
 */
export async function* formParts(
  request: Request,
  limits: Partial<FormLimits> = {},
): AsyncGenerator<FormPart, void, undefined> {
  const all = { ...FORM_LIMITS, ...limits };
  const { type, boundary } = typeOf(request);
  if (type === URLENCODED) yield* urlencoded(request, all);
  else yield* multipart(request, boundary, all);
}

function typeOf(request: Request): { readonly type: string; readonly boundary: string } {
  const header = request.headers.get('content-type') ?? '';
  const type = header.split(';', 1)[0]!.trim().toLowerCase();
  if (type !== MULTIPART && type !== URLENCODED)
    throw new FormError(415, `A form is of ${MULTIPART} or ${URLENCODED}, not of "${type.slice(0, 100)}"`);
  const match = /;[\t ]*boundary=(?:"([^"]*)"|([^\t ;"]*))/i.exec(header);
  return { type, boundary: match?.[1] ?? match?.[2] ?? '' };
}

async function* urlencoded(request: Request, limits: FormLimits): AsyncGenerator<FormField, void, undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bodyOf(request)) {
    length += chunk.length;
    if (length > limits.totalBytes) throw tooMuch('The form is too large', 'totalBytes', limits.totalBytes);
    // Copied: a chunk may be a few bytes of much more that it would hold.
    chunks.push(chunk.slice());
  }
  let parts = 0;
  for (const [name, value] of new URLSearchParams(Buffer.concat(chunks).toString())) {
    parts++;
    if (parts > limits.parts) throw tooMuch('The form has too many parts', 'parts', limits.parts);
    checkField(name, Buffer.byteLength(value), limits);
    yield { kind: 'field', name, value };
  }
}

async function* multipart(
  request: Request,
  boundary: string,
  limits: FormLimits,
): AsyncGenerator<FormPart, void, undefined> {
  const reader = new PartReader(bodyOf(request), new MultipartDecoder(boundary, limits));
  try {
    for (let event = await reader.next(); event !== null; event = await reader.next()) {
      // What is left of a file that was not read to its end.
      if (event.type !== 'part') continue;
      const { name, filename, type } = event.head;
      if (filename === undefined) yield { kind: 'field', name, value: await readField(name, reader, limits) };
      else yield { kind: 'file', name, filename, type: type!, content: readFile(reader, limits) };
    }
  } finally {
    await reader.leave();
  }
}

async function readField(name: string, reader: PartReader, limits: FormLimits): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let data = await reader.data(); data !== null; data = await reader.data()) {
    length += data.length;
    checkField(name, length, limits);
    chunks.push(data.slice());
  }
  return Buffer.concat(chunks).toString();
}

async function* readFile(reader: PartReader, { fileBytes }: FormLimits): AsyncGenerator<Uint8Array> {
  let length = 0;
  for (let data = await reader.data(); data !== null; data = await reader.data()) {
    length += data.length;
    if (length > fileBytes) throw tooMuch('A file in the form is too large', 'fileBytes', fileBytes);
    yield data;
  }
}

function checkField(name: string, bytes: number, { nameLength, fieldBytes }: FormLimits): void {
  if (name.length > nameLength) throw tooMuch('A name in the form is too long', 'nameLength', nameLength);
  if (bytes > fieldBytes) throw tooMuch('A field of the form is too large', 'fieldBytes', fieldBytes);
}

function bodyOf(request: Request): AsyncIterable<Uint8Array> {
  if (request.body === null) throw malformed('There is no form: the request has no body');
  return request.body as AsyncIterable<Uint8Array>;
}

/** Feeds a decoder from a body, one event at a time. */
class PartReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #decoder: MultipartDecoder;
  /** Within a part, whose end has not come. */
  #isInside = false;

  constructor(body: AsyncIterable<Uint8Array>, decoder: MultipartDecoder) {
    this.#chunks = body[Symbol.asyncIterator]();
    this.#decoder = decoder;
  }

  /** `null` after the last boundary. What follows it is read and dropped, so that the connection can go on. */
  async next(): Promise<MultipartEvent | null> {
    for (;;) {
      const event = this.#decoder.next();
      if (event !== null) {
        this.#isInside = event.type !== 'end';
        return event;
      }
      const { done, value } = await this.#chunks.next();
      if (done !== true) this.#decoder.receive(value);
      else if (this.#decoder.isDone) return null;
      else throw malformed('The form ends within a part, without its last boundary');
    }
  }

  /** Of the part that has begun; `null` at its end. */
  async data(): Promise<Uint8Array | null> {
    if (!this.#isInside) return null;
    const event = await this.next();
    return event?.type === 'data' ? event.data : null;
  }

  async leave(): Promise<void> {
    await this.#chunks.return?.();
  }
}
