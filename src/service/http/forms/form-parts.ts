/** The parts of a form as they come (multipart/form-data, application/x-www-form-urlencoded). It knows no answer. */
import { FORM_LIMITS, FormError, type FormLimits, malformed, tooMuch } from './form-limits.ts';
import type { FormField, FormPart } from './form-part.ts';
import { multipartParts } from './multipart-parts.ts';

const MULTIPART = 'multipart/form-data';
const URLENCODED = 'application/x-www-form-urlencoded';

/**
 * The fields and files of a form, in their order. Files are streams: what is not read is not held, and the body is read on only
 * while no part waits and the file at hand has less than 64 KiB to read.
 *
 * multipart/form-data is taken apart by `@fastify/busboy`, which is lax: parts without a disposition of form-data, or with headers
 * that cannot be read, are skipped; so is any text before the first boundary; of several names one is taken; a name may lack its
 * last quote; `filename*` is read (RFC 7578, section 4.2, forbids it); a field is of the charset that it names. Whatever begins
 * with the boundary at the beginning of a line is one (RFC 2046, section 5.1.1), and no spaces may follow it.
 * @throws FormError: 415 for another type, 400 for what is none, 413 for a limit; and what the body throws
 */
export async function* formParts(
  request: Request,
  limits: Partial<FormLimits> = {},
): AsyncGenerator<FormPart, void, undefined> {
  const all = { ...FORM_LIMITS, ...limits };
  const { type, boundary } = typeOf(request);
  if (type === URLENCODED) yield* urlencoded(request, all);
  else yield* multipartParts(bodyOf(request), boundary, all);
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

function checkField(name: string, bytes: number, { nameLength, fieldBytes }: FormLimits): void {
  if (name.length > nameLength) throw tooMuch('A name in the form is too long', 'nameLength', nameLength);
  if (bytes > fieldBytes) throw tooMuch('A field of the form is too large', 'fieldBytes', fieldBytes);
}

function bodyOf(request: Request): ReadableStream<Uint8Array> {
  if (request.body === null) throw malformed('There is no form: the request has no body');
  return request.body;
}
