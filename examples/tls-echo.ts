/**
 * An echo over TLS between two ends that know each other: the server trusts one client, the client one authority. The second
 * connection goes on with the session of the first.
 *
 *     npm run example examples/tls-echo.ts
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tls } from 'modnet/transport';
import { isTls, LocalAuthority } from 'modnet/transport/tls';

const directory = await mkdtemp(join(tmpdir(), 'modnet-tls-echo-'));
const authority = await LocalAuthority.open(directory);
const ca = authority.cert;
const { cert, key } = await authority.issue({ names: ['localhost'] });
const client = await authority.issue({ names: [], client: true, commonName: 'the first customer' });

await using listener = await tls.listen('tls://localhost:0', {
  tls: { cert, key, ca, clientCertificate: 'require', alpn: ['echo/1'] },
});
void (async () => {
  for await (const connection of listener) {
    if (isTls(connection)) console.log(`serving ${connection.tls.peerCertificate?.subject}`);
    for await (const chunk of connection) await connection.write(chunk);
    await connection.close();
  }
})();

for (const words of ['for the first time', 'and again']) {
  const connection = await tls.connect(listener.address, {
    tls: { ca, cert: client.cert, key: client.key, alpn: ['echo/1'], serverName: 'localhost' },
  });
  await connection.write(new TextEncoder().encode(words));
  const answer = Buffer.from((await connection.read())!).toString();
  const { protocol, alpn, resumed } = connection.tls;
  console.log(`${answer}: ${protocol}, ${alpn}, ${resumed ? 'resumed' : 'new'}`);
  await connection.close();
}
await rm(directory, { recursive: true });
