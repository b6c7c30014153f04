/** Why OpenSSL failed, in its own terms. Its queue of errors is the thread's, shared with Node: it is left empty. */
import { openssl } from './openssl-library.ts';

export interface OpensslFailure {
  /** As Node has it without `ERR_SSL_`: `CERTIFICATE_VERIFY_FAILED`, `TLSV1_ALERT_UNKNOWN_CA`. */
  readonly reason: string;
  /** Of the verification of the peer's certificate (x509_vfy.h); 0 when nothing was wrong with it. */
  readonly verifyError: number;
  /** What OpenSSL says of that. */
  readonly verifyText: string;
}

/** Takes what went wrong last on this thread. */
export function takeFailure(ssl: number): OpensslFailure {
  const library = openssl();
  const last = library.ERR_reason_error_string(library.ERR_peek_last_error()) ?? 'unknown';
  // The last word is the most general here, and the first the cause.
  const isVague = last === 'record layer failure';
  const text = isVague ? (library.ERR_reason_error_string(library.ERR_peek_error()) ?? last) : last;
  library.ERR_clear_error();
  const verifyError = library.SSL_get_verify_result(ssl);
  const verifyText = verifyError === 0 ? '' : library.X509_verify_cert_error_string(verifyError);
  return { reason: text.replace(/[^a-z0-9]+/gi, '_').toUpperCase(), verifyError, verifyText };
}

/** Runs `call` on an empty queue, and leaves it empty. */
export function withoutStale<T>(call: () => T): T {
  const library = openssl();
  library.ERR_clear_error();
  try {
    return call();
  } finally {
    library.ERR_clear_error();
  }
}
