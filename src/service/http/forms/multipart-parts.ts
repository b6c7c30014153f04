/**
 * The parts of multipart/form-data (RFC 7578), taken apart by `@fastify/busboy`, which pushes; here they are pulled. It knows no
 * request. What busboy is lax about is in the doc comment of `formParts`.
 */
import type { UnderlyingDefaultSource } from 'node:stream/web';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import { NetError } from '../../../core/index.ts';
import { FileContent } from './file-content.ts';
import { type FormLimits, malformed, tooMuch } from './form-limits.ts';
import type { FormPart } from './form-part.ts';

/** RFC 2046, section 5.1.1: up to 70 characters. Busboy takes any, none among them. */
const BOUNDARY = /^[\w'()+,\-./:=? ]{0,69}[\w'()+,\-./:=?]$/;

/** Bytes held of a file before the body is read no further. Precedent: that of Node's streams. */
const HIGH_WATER_MARK = 64 * 1024;

/** Busboy never goes on when a part that it skips fills its buffer and ends in one chunk, so no chunk may fill one. */
const SLICE = HIGH_WATER_MARK / 2;

/** A part on its way to the reader. */
interface Pending {
  readonly part: FormPart;
  readonly content?: FileContent;
}

/** @throws FormError; and what the body throws */
export async function* multipartParts(
  body: ReadableStream<Uint8Array>,
  boundary: string,
  limits: FormLimits,
): AsyncGenerator<FormPart, void, undefined> {
  if (!BOUNDARY.test(boundary)) throw malformed('The form has no boundary, or one that is none');
  const source = new PartSource(body.getReader(), boundary, limits);
  // With a high-water mark of 1 the body is read only while no part waits.
  for await (const { part, content } of new ReadableStream<Pending>(source, { highWaterMark: 1 })) {
    yield part;
    content?.leave();
  }
}

class PartSource implements UnderlyingDefaultSource<Pending> {
  readonly #body: ReadableStreamDefaultReader<Uint8Array>;
  readonly #limits: FormLimits;
  readonly #busboy: BusboyInstance;
  readonly #finished = Promise.withResolvers<void>();
  #controller!: ReadableStreamDefaultController<Pending>;
  readonly #files = new Set<FileContent>();
  /** Failed, or left by the reader: what busboy still says goes nowhere. */
  #isOver = false;

  constructor(body: ReadableStreamDefaultReader<Uint8Array>, boundary: string, limits: FormLimits) {
    this.#body = body;
    this.#limits = limits;
    this.#busboy = new Busboy({
      headers: { 'content-type': `multipart/form-data; boundary="${boundary}"` },
      fileHwm: HIGH_WATER_MARK,
      preservePath: true,
      isPartAFile: (_name, _type, filename) => filename !== undefined,
      limits: {
        parts: limits.parts,
        headerSize: limits.headBytes,
        fieldSize: limits.fieldBytes,
        fileSize: limits.fileBytes,
      },
    });
  }

  start(controller: ReadableStreamDefaultController<Pending>): void {
    const { parts } = this.#limits;
    this.#controller = controller;
    this.#busboy.on('field', (name, value, _nameTruncated, truncated) =>
      this.#onField(name, value, truncated),
    );
    this.#busboy.on('file', (name, file, filename, _encoding, type) =>
      this.#onFile(name, file, filename, type),
    );
    this.#busboy.on('partsLimit', () => this.#fail(tooMuch('The form has too many parts', 'parts', parts)));
    this.#busboy.on('error', () => this.#fail(malformed('The form ends before its last boundary')));
    this.#busboy.on('finish', () => this.#finished.resolve());
  }

  async pull(): Promise<void> {
    try {
      // A stream asks again only for what has been given to it.
      while (!this.#isOver && (this.#controller.desiredSize ?? 0) > 0) await this.#step();
    } catch (thrown) {
      this.#fail(thrown as Error);
    }
  }

  cancel(): void {
    this.#leave(new NetError('closed', 'The form was left before the end of this file'));
  }

  async #step(): Promise<void> {
    const { done, value } = await this.#body.read();
    if (this.#isOver) return;
    if (done) return this.#end();
    for (let at = 0; at < value.length && !this.#isOver; at += SLICE)
      await new Promise<void>((resolve) =>
        this.#busboy.write(value.subarray(at, at + SLICE), () => resolve()),
      );
  }

  async #end(): Promise<void> {
    this.#busboy.end();
    await this.#finished.promise;
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller.close();
  }

  #onField(name: string | undefined, value: string, isTruncated: boolean): void {
    const { fieldBytes } = this.#limits;
    if (isTruncated) this.#fail(tooMuch('A field of the form is too large', 'fieldBytes', fieldBytes));
    else if (this.#accepts(name)) this.#give({ part: { kind: 'field', name: unescaped(name), value } });
  }

  #onFile(name: string | undefined, file: BusboyFileStream, filename: string, type: string): void {
    const { fileBytes } = this.#limits;
    const content = new FileContent(file);
    this.#files.add(content);
    file.once('close', () => this.#files.delete(content));
    file.once('limit', () => this.#fail(tooMuch('A file of the form is too large', 'fileBytes', fileBytes)));
    if (!this.#accepts(name) || !this.#accepts(filename)) return;
    const part = { name: unescaped(name), filename: unescaped(filename), type, content } as const;
    this.#give({ part: { kind: 'file', ...part }, content });
  }

  #accepts(name: string | undefined): name is string {
    const { nameLength } = this.#limits;
    if (name === undefined) this.#fail(malformed('A part of the form has no name (RFC 7578, section 4.2)'));
    else if (unescaped(name).length > nameLength)
      this.#fail(tooMuch('A name in the form is too long', 'nameLength', nameLength));
    return !this.#isOver;
  }

  #give(pending: Pending): void {
    if (!this.#isOver) this.#controller.enqueue(pending);
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#controller.error(error);
    this.#leave(error);
  }

  #leave(error: Error): void {
    this.#isOver = true;
    this.#finished.resolve();
    for (const file of this.#files) file.fail(error);
    // Not waited for: a body that has stalled would hold up who wants no more of it.
    this.#body.cancel().catch(() => undefined);
  }
}

/** What browsers escape (WHATWG HTML, "Multipart form data"), which busboy leaves as it is. */
function unescaped(text: string): string {
  return text.replaceAll('%22', '"').replaceAll(/%0d/gi, '\r').replaceAll(/%0a/gi, '\n');
}
