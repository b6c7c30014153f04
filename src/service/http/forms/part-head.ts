/** The headers of one part of a form (RFC 7578, section 4). It knows no stream. */
import { type FormLimits, malformed, tooMuch } from './form-limits.ts';

export interface PartHead {
  readonly name: string;
  /** As the client names it, which may be a path, or of another system: never a name for a file of ours. */
  readonly filename: string | undefined;
  /** As the client says; of a file without one `application/octet-stream`. */
  readonly type: string | undefined;
}

const FIELD = /^([!#$%&'*+\-.^_`|~\w]+):[\t ]*(.*)$/;

/** Of a quoted value only the quote itself may be escaped by a backslash: old browsers sent paths with backslashes. */
const PARAMETER = /;[\t ]*([!#$%&'*+\-.^_`|~\w]+)=(?:"((?:\\"|[^"])*)"|([^\t ;"]*))[\t ]*/y;

/**
 * @param text of the headers, without the empty line
 * @throws FormError for a part that is none of a form
 */
export function parsePartHead(text: string, limits: FormLimits): PartHead {
  let disposition: string | undefined;
  let type: string | undefined;
  for (const line of text === '' ? [] : text.split('\r\n')) {
    const match = FIELD.exec(line);
    if (match === null) throw malformed('A part of the form has a line that is no header');
    const name = match[1]!.toLowerCase();
    if (name === 'content-disposition') disposition = match[2]!;
    if (name === 'content-type') type = match[2]!.trim();
  }
  const parameters = dispositionOf(disposition);
  const [name, filename] = [parameters.get('name'), parameters.get('filename')];
  if (name === undefined) throw malformed('A part of the form has no name (RFC 7578, section 4.2)');
  if (Math.max(name.length, filename?.length ?? 0) > limits.nameLength)
    throw tooMuch('A name in the form is too long', 'nameLength', limits.nameLength);
  return { name, filename, type: type ?? (filename === undefined ? undefined : 'application/octet-stream') };
}

/** `filename*` is not of forms (RFC 7578, section 4.2), and left out. */
function dispositionOf(value: string | undefined): Map<string, string> {
  const parameters = new Map<string, string>();
  const head = /^form-data[\t ]*/i.exec(value ?? '');
  if (head === null) throw malformed('A part of the form is not of form-data (RFC 7578, section 4.2)');
  PARAMETER.lastIndex = head[0].length;
  let end = head[0].length;
  for (let match = PARAMETER.exec(value!); match !== null; match = PARAMETER.exec(value!)) {
    const name = match[1]!.toLowerCase();
    if (parameters.has(name)) throw malformed(`A part of the form has two of ${name}`);
    parameters.set(name, match[2] === undefined ? match[3]! : unescaped(match[2]));
    end = PARAMETER.lastIndex;
  }
  if (end < value!.length) throw malformed('A part of the form has a disposition that cannot be read');
  return parameters;
}

/** What browsers escape (WHATWG HTML, "Multipart form data"), and what curl does. */
function unescaped(text: string): string {
  return text
    .replaceAll('\\"', '"')
    .replaceAll('%22', '"')
    .replaceAll(/%0d/gi, '\r')
    .replaceAll(/%0a/gi, '\n');
}
