/** The 24 bytes that a client of HTTP/2 begins with (RFC 9113, section 3.4): no server of HTTP/1 takes them for a request. */
import type { Bytes } from '../../core/contract.ts';

export const PREFACE: Bytes = Uint8Array.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', (character) =>
  character.charCodeAt(0),
);

/** Whether these, the first bytes of a connection, are the preface; `undefined` while they could become it. */
export function isPreface(first: Bytes): boolean | undefined {
  const length = Math.min(first.length, PREFACE.length);
  for (let at = 0; at < length; at++) if (first[at] !== PREFACE[at]) return false;
  return length === PREFACE.length ? true : undefined;
}
