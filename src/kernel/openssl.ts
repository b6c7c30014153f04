/** OpenSSL as TLS without I/O: what of `openssl-*.ts` is for others. */
export {
  RECORD_EXTRA,
  RECORD_PLAIN,
  TICKET_KEYS,
  TLS1_2_VERSION,
  TLS1_3_VERSION,
} from './openssl-constants.ts';
export {
  OpensslContext,
  type OpensslContextOptions,
  type OpensslIdentity,
  OpensslTrust,
} from './openssl-context.ts';
export {
  type OpensslClient,
  OpensslEngine,
  READ_ENDED,
  READ_FAILED,
  READ_WANTS,
} from './openssl-engine.ts';
export type { OpensslFailure } from './openssl-failure.ts';
export { opensslAvailable } from './openssl-library.ts';
