/** TLS as a client on a connection that is there, for HTTP/1.1. */
import { secure } from '../../../transport/tls/index.ts';
import type { Secure } from './dial.ts';

/** HTTP/2 is not offered, whatever the options say: it could not be spoken. */
const ALPN: readonly string[] = ['http/1.1'];

export const secureClient: Secure = (connection, options) =>
  secure(connection, { ...options, alpn: ALPN, role: 'client' });
