/**
 * The three functions that OpenSSL calls in JavaScript, at most one of each a thread, made when first needed and kept until the
 * thread ends: OpenSSL may hold their addresses for as long as a context lives. Each runs within a call of ours into OpenSSL, on
 * the same thread. A thread that is being terminated answers them with 0, which fails the handshake and nothing else.
 */
import { callbackAddress } from './ffi.ts';
import { Memory } from './memory.ts';
import {
  OPENSSL_NPN_NEGOTIATED,
  SSL_TLSEXT_ERR_ALERT_FATAL,
  SSL_TLSEXT_ERR_OK,
} from './openssl-constants.ts';
import { openssl } from './openssl-library.ts';

export type KeyLineHandler = (line: string) => void;

/** By number, which is what OpenSSL hands back. */
const alpnLists = new Map<number, Memory>();
/** By the address of the context. */
const keyLines = new Map<number, KeyLineHandler>();
let serial = 0;

/** Addresses, 0 until they are asked for. */
let acceptAny = 0;
let alpnSelector = 0;
let keyLineTaker = 0;

/** Goes on whatever the verification found, which is kept and asked for afterwards (SSL_get_verify_result). */
export function acceptAnyAddress(): number {
  acceptAny ||= callbackAddress('int modnet_accept_any(int, uintptr_t)', () => 1);
  return acceptAny;
}

/** Chooses from the list that was remembered under the number that it is handed. */
export function selectAlpnAddress(): number {
  alpnSelector ||= callbackAddress(
    'int modnet_select_alpn(uintptr_t, uintptr_t, uintptr_t, uintptr_t, unsigned int, uintptr_t)',
    selectAlpn,
  );
  return alpnSelector;
}

export function keyLineAddress(): number {
  keyLineTaker ||= callbackAddress('void modnet_key_line(uintptr_t, const char *)', onKeyLine as never);
  return keyLineTaker;
}

/**
 * The number under which a list of protocols is found.
 * @param list in the form of the wire
 */
export function rememberAlpn(list: Uint8Array): number {
  const kept = new Memory(list.length);
  kept.bytes.set(list);
  alpnLists.set(++serial, kept);
  return serial;
}

export function forgetAlpn(number: number): void {
  alpnLists.delete(number);
}

export function rememberKeyLines(context: number, handler: KeyLineHandler): void {
  keyLines.set(context, handler);
}

export function forgetKeyLines(context: number): void {
  keyLines.delete(context);
}

/** The first of ours that the peer has too; what `out` then points to is our list, which outlives the handshake. */
function selectAlpn(
  _ssl: number,
  out: number,
  outLength: number,
  client: number,
  length: number,
  id: number,
): number {
  const list = alpnLists.get(id);
  if (list === undefined) return SSL_TLSEXT_ERR_ALERT_FATAL;
  const found = openssl().SSL_select_next_proto(
    out,
    outLength,
    list.address,
    list.bytes.length,
    client,
    length,
  );
  return found === OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

function onKeyLine(ssl: number, line: string): void {
  keyLines.get(openssl().SSL_get_SSL_CTX(ssl))?.(line);
}
