/** A whole form in memory, for those that are small. */
import { FORM_LIMITS, type FormLimits, tooMuch } from './form-limits.ts';
import { formParts } from './form-parts.ts';

export interface UploadedFile {
  readonly name: string;
  /** As the client names it: for people, never for a path. */
  readonly filename: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface Form {
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly files: readonly UploadedFile[];
  /** The first value of that name. */
  get(name: string): string | undefined;
  getAll(name: string): readonly string[];
  /** The first file of that name that was chosen: browsers send an empty one where none was. */
  file(name: string): UploadedFile | undefined;
}

/**
 * Reads all of a form, up to `totalBytes`.
 * @throws FormError as `formParts`
 */
export async function readForm(request: Request, limits: Partial<FormLimits> = {}): Promise<Form> {
  const { totalBytes } = { ...FORM_LIMITS, ...limits };
  const fields: [string, string][] = [];
  const files: UploadedFile[] = [];
  let total = 0;
  const count = (bytes: number): void => {
    total += bytes;
    if (total > totalBytes) throw tooMuch('The form is too large', 'totalBytes', totalBytes);
  };
  for await (const part of formParts(request, limits)) {
    if (part.kind === 'field') {
      count(Buffer.byteLength(part.value));
      fields.push([part.name, part.value]);
    } else {
      const { name, filename, type } = part;
      files.push({ name, filename, type, bytes: await collect(part.content, count) });
    }
  }
  return new ReadForm(fields, files);
}

/** Copied together as it comes: many small chunks would cost many times what they hold. */
async function collect(
  content: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): Promise<Uint8Array> {
  let bytes = new Uint8Array(1024);
  let length = 0;
  for await (const chunk of content) {
    count(chunk.length);
    if (length + chunk.length > bytes.length) {
      const larger = new Uint8Array(Math.max(bytes.length * 2, length + chunk.length));
      larger.set(bytes.subarray(0, length));
      bytes = larger;
    }
    bytes.set(chunk, length);
    length += chunk.length;
  }
  return bytes.subarray(0, length);
}

class ReadForm implements Form {
  readonly fields: readonly (readonly [string, string])[];
  readonly files: readonly UploadedFile[];

  constructor(fields: readonly (readonly [string, string])[], files: readonly UploadedFile[]) {
    this.fields = fields;
    this.files = files;
  }

  get(name: string): string | undefined {
    return this.fields.find(([given]) => given === name)?.[1];
  }

  getAll(name: string): readonly string[] {
    return this.fields.filter(([given]) => given === name).map(([, value]) => value);
  }

  file(name: string): UploadedFile | undefined {
    return this.files.find((file) => file.name === name && (file.filename !== '' || file.bytes.length > 0));
  }
}
