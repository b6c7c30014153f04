/**
 * Plaintext first, and TLS from a certain point on, as mail and databases have it: `secure` takes over a connection that is open.
 *
 *     npm run example examples/tls-starttls.ts
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, drive, type HalfCloseable } from 'modnet/core';
import { lines } from 'modnet/framing';
import { memory } from 'modnet/transport';
import { LocalAuthority, secure } from 'modnet/transport/tls';

const directory = await mkdtemp(join(tmpdir(), 'modnet-starttls-'));
const authority = await LocalAuthority.open(directory);
const { cert, key } = await authority.issue({ names: ['mail.localhost'] });

/** One line. Each side waits for the other, so that nothing of TLS comes with it. */
async function readLine(connection: Connection): Promise<string> {
  const chunk = await connection.read();
  return Buffer.from(chunk ?? [])
    .toString()
    .trim();
}

async function serve(connection: HalfCloseable): Promise<void> {
  await connection.write(Buffer.from('220 STARTTLS if you please\n'));
  if ((await readLine(connection)) !== 'STARTTLS') return connection.close();
  await connection.write(Buffer.from('220 go ahead\n'));
  await using channel = drive(await secure(connection, { role: 'server', cert, key }), lines());
  for await (const line of channel) await channel.send(`in secret: ${line}`);
}

await using listener = await memory.listen('memory:mail');
void listener.receive().then((connection) => connection && serve(connection));

const plain = await memory.connect('memory:mail');
console.log(await readLine(plain));
await plain.write(Buffer.from('STARTTLS\n'));
console.log(await readLine(plain));
const secured = await secure(plain, { role: 'client', ca: authority.cert, serverName: 'mail.localhost' });
await using channel = drive(secured, lines());
await channel.send('hello');
console.log(await channel.receive());
await rm(directory, { recursive: true });
