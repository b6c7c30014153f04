/** The codes of calls by their names, as Connect writes them. */
import { Code } from '@connectrpc/connect';

/** `not_found`; `ok` for none. */
export function codeName(code: Code | undefined): string {
  if (code === undefined || (code as number) === 0) return 'ok';
  const name = Code[code];
  return name === undefined ? String(code) : name.replace(/(?!^)[A-Z]/g, '_$&').toLowerCase();
}

/** By `not_found`, in capitals too; `undefined` for none of them. */
export function codeOf(name: string): Code | undefined {
  return CODES.get(name.toLowerCase());
}

const CODES: ReadonlyMap<string, Code> = new Map(
  Object.values(Code)
    .filter((code) => typeof code === 'number')
    .map((code) => [codeName(code), code]),
);
