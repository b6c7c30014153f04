/** What certificates a server shows, and whether they would be trusted. Nothing is sent to it beyond the handshake. */
import type { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { connect, getCACertificates, type TLSSocket } from 'node:tls';
import { NetError, toNetError } from '../../core/index.ts';

/** Ms for connecting and the handshake, as a connect of modnet has. */
const TIMEOUT = 10_000;
/** Certificates of one chain, as OpenSSL verifies at most. */
const MAX_CHAIN = 100;

const PORTS: Readonly<Record<string, number>> = { https: 443, wss: 443, tls: 443 };

export interface Shown {
  /** The server's first, then those behind it. */
  readonly certificates: readonly X509Certificate[];
  /** Why it is not trusted; `null` when it is; `undefined` when nobody asked. */
  readonly trust: string | null | undefined;
}

/**
 * @param name what to ask for in place of the URL's host
 * @param directory of the own authority, which is trusted beside those of Node
 */
export async function shownBy(url: string, name: string | undefined, directory: string): Promise<Shown> {
  const { host, port } = target(url);
  const own = await readFile(join(directory, 'authority.pem'), 'utf8').catch(() => null);
  const ca = [...getCACertificates('default'), ...(own === null ? [] : [own])];
  const servername = name ?? (isIP(host) === 0 ? host : undefined);
  const socket = connect({ host, port, ca, rejectUnauthorized: false, ...(servername && { servername }) });
  try {
    await handshake(socket, url);
    const certificates = chainOf(socket);
    // Node leaves the reason here, whatever its types say.
    const trust = socket.authorized ? null : String(socket.authorizationError ?? 'unknown');
    return { certificates, trust };
  } finally {
    socket.destroy();
  }
}

function target(url: string): { host: string; port: number } {
  const scheme = url.slice(0, url.indexOf(':')).toLowerCase();
  const standard = PORTS[scheme];
  if (standard === undefined)
    throw new NetError('unsupported', `Cannot look at ${url}: write https://, wss:// or tls://`);
  const parsed = URL.parse(url.replace(/^[^:]+/, 'https'));
  if (parsed === null) throw new NetError('protocol', `Bad address "${url}"`, { fault: 'local' });
  return { host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(parsed.port || standard) };
}

function handshake(socket: TLSSocket, url: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('secureConnect', resolve);
  socket.once('error', (error) => reject(toNetError(error, `Cannot look at ${url}`)));
  socket.once('close', () =>
    reject(new NetError('broken', `Cannot look at ${url}: it closed the connection`)),
  );
  socket.setTimeout(TIMEOUT, () =>
    socket.destroy(new NetError('timeout', `Cannot look at ${url}: no handshake within ${TIMEOUT / 1000} s`)),
  );
  return promise;
}

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = socket.getPeerX509Certificate();
  while (next !== undefined && chain.length < MAX_CHAIN) {
    const current: X509Certificate = next;
    if (chain.some(({ fingerprint256 }) => fingerprint256 === current.fingerprint256)) break;
    chain.push(current);
    next = current.issuerCertificate;
  }
  return chain;
}
