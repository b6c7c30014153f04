/** Two contexts with everything on, and two engines that shake hands in memory. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Memory } from '../../kernel/memory.ts';
import {
  type OpensslClient,
  OpensslContext,
  OpensslEngine,
  OpensslTrust,
  TLS1_2_VERSION,
  TLS1_3_VERSION,
} from '../../kernel/openssl.ts';

export interface TestPem {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export const room = new Memory(64 * 1024);

export function testContexts({ ca, cert, key }: TestPem, lines: string[] = [], maxVersion = TLS1_3_VERSION) {
  const common = {
    minVersion: TLS1_2_VERSION,
    maxVersion,
    cipherList: '',
    cipherSuites: '',
    tickets: true,
    onKeyLine: (line: string) => void lines.push(line),
  };
  const chain = [new X509Certificate(cert).raw];
  const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
  const trusted = new OpensslTrust([new X509Certificate(ca).raw]);
  const server = new OpensslContext({
    ...common,
    isServer: true,
    identity: { chain, key: der },
    verify: 'accept',
    alpn: Buffer.from('\x02h2\x08http/1.1', 'latin1'),
  });
  const alpn = Buffer.from('\x08http/1.1', 'latin1');
  const client = new OpensslContext({ ...common, isServer: false, trusted, verify: 'require', alpn });
  return { client, server };
}

/** Moves what one has to say to the other. */
export function pump(from: OpensslEngine, to: OpensslEngine): number {
  const count = from.take(room.address, room.bytes.length);
  if (count > 0) to.give(room.bytes.subarray(0, count));
  return count;
}

export function shakeHands(
  client: OpensslContext,
  server: OpensslContext,
  options: OpensslClient = { serverName: 'localhost', checksName: true },
) {
  const pair = { client: new OpensslEngine(client, options), server: new OpensslEngine(server) };
  let moved = 1;
  while (moved > 0) {
    pair.client.handshake();
    moved = pump(pair.client, pair.server);
    pair.server.handshake();
    moved += pump(pair.server, pair.client);
  }
  return pair;
}
