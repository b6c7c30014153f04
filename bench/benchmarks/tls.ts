/** TLS 1.3: bulk, messages and handshakes. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Benchmark, type Case, type LoadOptions, loaded, type Target } from '../benchmark.ts';
import { bunPeer, nodePeer } from '../peers.ts';
import { compiled } from '../programs.ts';
import { replaceCertificate, TLS_CERTIFICATE } from '../servers/tls-certificate.ts';
import { CPU, P50, P99 } from './columns.ts';

const PUSH = 'modnet push';
const PULL = 'modnet pull';
const NODE = 'node:tls';

/** Handshakes under way; more only wait for the server. */
const HANDSHAKES = 16;

/** OpenSSL in C; without a compiler Node, which is slower than what it loads. */
const PROGRAM = ((): readonly string[] => {
  const path = compiled('tls-load');
  return path === null ? [process.execPath, join(import.meta.dirname, '../load-tls.ts')] : [path];
})();

function tlsCase(
  name: string,
  unit: string,
  server: string,
  load: Omit<LoadOptions, 'program'>,
  columns: Case['columns'],
  targets: readonly Target[],
): Case {
  const hasPull = server !== 'hello';
  const measure = loaded({ ...load, program: PROGRAM });
  return {
    name,
    unit,
    peers: [
      nodePeer(PUSH, 'modnet-tls.ts', `${server}-push`, 'kernel'),
      ...(hasPull ? [nodePeer(PULL, 'modnet-tls.ts', `${server}-pull`, 'kernel')] : []),
      nodePeer(NODE, 'node-tls.ts', server),
      bunPeer('bun-tls.ts', server),
      nodePeer(`${PUSH}, node driver`, 'modnet-tls.ts', `${server}-push`, 'node'),
    ],
    subjects: hasPull ? [PUSH, PULL] : [PUSH],
    columns,
    targets,
    async measure(bench, peer) {
      if (!existsSync(TLS_CERTIFICATE)) await replaceCertificate();
      return measure(bench, peer);
    },
  };
}

function atLeast(ratio: number): Target[] {
  return [{ subject: PUSH, against: NODE, atLeast: ratio }];
}

const SIZE = 64 * 1024;

export const tls: Benchmark = {
  name: 'tls',
  title: 'TLS 1.3 with AES-256-GCM, a certificate on P-256.',
  cases: [
    tlsCase(
      'the server receives',
      'MB/s',
      'discard',
      { mode: 'tls-send', connections: 4, size: SIZE },
      [CPU],
      atLeast(1),
    ),
    tlsCase(
      'the server sends',
      'MB/s',
      'source',
      { mode: 'tls-receive', connections: 4, size: SIZE },
      [CPU],
      atLeast(1),
    ),
    tlsCase(
      'echo of 64 bytes, 50 connections',
      'messages/s',
      'echo',
      { mode: 'tls-echo', connections: 50, size: 64 },
      [P50, P99, CPU],
      atLeast(1),
    ),
    tlsCase(
      'full handshakes',
      'handshakes/s',
      'hello',
      { mode: 'tls-handshake', connections: HANDSHAKES },
      [P50, P99, CPU],
      atLeast(1),
    ),
    tlsCase(
      'resumed handshakes',
      'handshakes/s',
      'hello',
      { mode: 'tls-resume', connections: HANDSHAKES },
      [P50, P99, CPU],
      atLeast(1),
    ),
  ],
};
