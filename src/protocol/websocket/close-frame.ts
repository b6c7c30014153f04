/** What a Close frame carries (RFC 6455 section 5.5.1): nothing, or a code and a reason. */
import type { Bytes } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { INVALID_PAYLOAD, isSendable, NO_STATUS, PROTOCOL_ERROR } from './close-code.ts';
import { WebSocketError } from './websocket-error.ts';

/** Bytes of a reason: a control frame has 125, and the code takes two (RFC 6455 section 5.5). */
export const MAX_REASON = 123;

/** What a Close frame says. */
export interface CloseFrame {
  /** `NO_STATUS` when it had none. */
  readonly code: number;
  readonly reason: string;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** @throws WebSocketError when the payload is one that no endpoint may send */
export function decodeClose(payload: Bytes): CloseFrame {
  if (payload.length === 0) return { code: NO_STATUS, reason: '' };
  if (payload.length === 1)
    throw new WebSocketError(PROTOCOL_ERROR, 'a Close frame has one byte, where a code has two');
  const code = (payload[0]! << 8) | payload[1]!;
  if (!isSendable(code))
    throw new WebSocketError(PROTOCOL_ERROR, `a Close frame has the code ${code}, which nobody may send`);
  try {
    return { code, reason: decoder.decode(payload.subarray(2)) };
  } catch (cause) {
    throw new WebSocketError(INVALID_PAYLOAD, 'the reason of a Close frame is not UTF-8', { cause });
  }
}

/**
 * @param code `NO_STATUS` for a frame without one
 * @throws NetError `protocol` (fault `local`) for a code or a reason that cannot be sent
 */
export function encodeClose(code: number, reason: string): Bytes {
  if (code === NO_STATUS && reason === '') return new Uint8Array(0);
  if (!isSendable(code)) throw wrong(`the code ${code}; codes are 1000 to 1003, 1007 to 1014, 3000 to 4999`);
  const text = encoder.encode(reason);
  if (text.length > MAX_REASON)
    throw wrong(`a reason of ${text.length} bytes; ${MAX_REASON} fit into a Close frame`);
  const payload = new Uint8Array(2 + text.length);
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  payload.set(text, 2);
  return payload;
}

function wrong(what: string): NetError {
  return new NetError('protocol', `A WebSocket cannot be closed with ${what}`, { fault: 'local' });
}
