/** Both sides of TLS by OpenSSL, which the kernel driver has. */

import { Credentials } from './credentials.ts';
import { clientMaterial } from './material.ts';
import { opensslContext } from './openssl.ts';
import type { TlsOptions } from './options.ts';
import { ClientRole, ServerRole } from './roles.ts';
import { Sessions } from './sessions.ts';
import type { ClientSide, ServerSide, ServerSideOptions } from './sides.ts';
import { TlsWire } from './wire.ts';

/** @throws NetError for options or files that will not do */
export function opensslClient(tls: TlsOptions): ClientSide {
  const material = clientMaterial(tls);
  const context = opensslContext(material);
  const sessions = material.resumption ? new Sessions() : undefined;
  const shared = { context, sessions, alpn: material.alpn, verifies: material.verify !== 'none' };
  return {
    wrap(connection, peer, serverName) {
      const wire = new TlsWire(connection, new ClientRole(peer, { ...shared, serverName }));
      wire.begin();
      return wire;
    },
  };
}

/** @throws NetError for options or files that will not do */
export function opensslServer({ tls, clock, onTrouble }: ServerSideOptions): ServerSide {
  const credentials = new Credentials({ tls, clock, onTrouble, make: opensslContext });
  const terms = {
    alpn: tls.alpn ?? [],
    verifies: (tls.clientCertificate ?? 'none') !== 'none',
    contextFor: (name: string | undefined) => credentials.find(name),
  };
  return {
    wrap: (connection, peer) => new TlsWire(connection, new ServerRole(peer, terms)),
    reload: () => credentials.reload(),
  };
}
