/** How large forms may be, and what is thrown when they are larger, or none. */
import { NetError } from '../../../core/index.ts';

export interface FormLimits {
  /** Fields and files. Precedent: PHP's `max_input_vars`, 1,000. */
  readonly parts: number;
  /** Bytes of the headers of one part: what is beyond is dropped unread. Precedent: Node's `maxHeaderSize`, 16 KiB for a whole request. */
  readonly headBytes: number;
  /** Characters of the name of a field, and of a file. Precedent: NAME_MAX, 255. */
  readonly nameLength: number;
  /** Bytes of the value of one field. Precedent: busboy's `fieldSize`, 1 MiB. */
  readonly fieldBytes: number;
  /** Bytes of one file, also of one that is skipped. Precedent: PHP's `upload_max_filesize` is 2 MiB; the server's own limit of a body comes before. */
  readonly fileBytes: number;
  /** Bytes of all of it that `readForm` holds in memory. */
  readonly totalBytes: number;
}

export const FORM_LIMITS: FormLimits = {
  parts: 1000,
  headBytes: 8 * 1024,
  nameLength: 255,
  fieldBytes: 1024 * 1024,
  fileBytes: 64 * 1024 * 1024,
  totalBytes: 64 * 1024 * 1024,
};

/** What `formErrors` answers in its place. */
export class FormError extends NetError {
  /** 400: no form, or a broken one; 413: a limit; 415: another type. */
  readonly status: 400 | 413 | 415;

  constructor(status: 400 | 413 | 415, message: string) {
    super(status === 413 ? 'limit' : 'protocol', message, status === 413 ? {} : { fault: 'remote' });
    this.status = status;
  }
}

export function malformed(message: string): FormError {
  return new FormError(400, message);
}

/** @param limit its name in `FormLimits` */
export function tooMuch(what: string, limit: keyof FormLimits, max: number): FormError {
  return new FormError(413, `${what}; at most ${max} are taken (${limit})`);
}
