/** What a form is made of. */

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
  /** As the client says, in lower case and without parameters; `text/plain` when it says nothing (RFC 7578, section 4.4). */
  readonly type: string;
  /** Its bytes as they come; to be read before the next part is asked for, which skips what is left. */
  readonly content: AsyncIterable<Uint8Array>;
}

export type FormPart = FormField | FormFile;
