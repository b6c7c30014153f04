/** Errors on their way to another thread or process: what they are caused by may not be clonable. */
import { NetError, type NetErrorCode } from '../../core/index.ts';

/** Characters of a message or a stack that are sent. */
const MAX_TEXT = 4_000;

export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: NetErrorCode | undefined;
  readonly errno: string | undefined;
}

export function packError(error: Error): PackedError {
  const { code, errno } = error instanceof NetError ? error : { code: undefined, errno: undefined };
  const stack = error.stack?.slice(0, MAX_TEXT);
  return { name: error.name, message: error.message.slice(0, MAX_TEXT), stack, code, errno };
}

/** A `NetError` is one again; its stack is where it was thrown. */
export function unpackError({ name, message, stack, code, errno }: PackedError): Error {
  const error: Error = code === undefined ? new Error(message) : new NetError(code, message, { errno });
  if (code === undefined) error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
