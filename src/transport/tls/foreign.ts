/** What a peer speaks that does not speak TLS, told by its first bytes. */
import type { Bytes } from '../../core/contract.ts';

/** From so many bytes on nothing more is learned. */
const ENOUGH = 16;

/** How a peer's words begin, and what to say of them. */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/^HTTP\//, 'the peer speaks HTTP, not TLS; use http:// (or ws://, or tcp://) for it'],
  [
    /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|TRACE|CONNECT|PRI) /,
    'the peer speaks HTTP, not TLS; it should use https:// (or wss://)',
  ],
  [/^SSH-/, 'the peer speaks SSH, not TLS'],
  [/^220[ -]/, 'the peer speaks SMTP or FTP, not TLS; it may want STARTTLS or AUTH TLS first (see secure())'],
  [/^\* OK/, 'the peer speaks IMAP, not TLS; it may want STARTTLS first (see secure())'],
  [/^\+OK/, 'the peer speaks POP3 or RESP, not TLS; it may want STLS first (see secure())'],
];

/**
 * What is wrong with a peer whose first byte is not that of a record of TLS.
 * @returns words for an error; `unknown yet` while more bytes may tell
 */
export function foreignProtocol(bytes: Bytes): string {
  const text = String.fromCharCode(...bytes.subarray(0, ENOUGH));
  for (const [pattern, words] of FOREIGN) if (pattern.test(text)) return words;
  const first = bytes[0];
  if (first === undefined) return 'unknown yet';
  // Its length, with the highest bit set (RFC 6101 appendix E).
  if (first >= 0x80 && bytes[2] === 1) return 'the peer speaks SSL 2, which nobody should; TLS 1.2 is needed';
  const mayBeText = /^[\x20-\x7e\r\n]+$/.test(text);
  if (mayBeText && bytes.length < ENOUGH && !/[\r\n]/.test(text)) return 'unknown yet';
  if (mayBeText) return `the peer does not speak TLS; it began with ${JSON.stringify(text)}`;
  const hex = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  return `the peer does not speak TLS; it began with the bytes ${hex}`;
}

/** Whether the first byte is one that a peer's TLS begins with: an alert (21), a handshake message (22). */
export function beginsLikeTls(bytes: Bytes): boolean {
  return bytes[0] === 21 || bytes[0] === 22;
}

/** Whether the peer will understand `HTTP_ANSWER`. */
export function speaksHttp(error: Error): boolean {
  return error.message.includes('speaks HTTP');
}

const ANSWER = 'This port speaks TLS. Use https:// (or wss://) in place of http:// (or ws://).\n';

/** What a server says to a client that speaks HTTP. Precedent: Apache and nginx answer such a request with 400, too. */
export const HTTP_ANSWER: Bytes = new TextEncoder().encode(
  `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${ANSWER.length}\r\nConnection: close\r\n\r\n${ANSWER}`,
);
