/** Every architecture passes the suite, over TCP and over Unix sockets. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { serverConformance, serverSubject } from '../testing/server-conformance.ts';
import type { Architecture } from './architecture.ts';

const READY: readonly Architecture[] = ['serial', 'reactor', 'prefork', 'hybrid', 'pool', 'thread'];

const folder = mkdtempSync(join(tmpdir(), 'modnet-server-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let serial = 0;

const ADDRESSES: Readonly<Record<string, () => string>> = {
  tcp: () => 'tcp://127.0.0.1:0',
  unix: () => `unix://${folder}/${++serial}.sock`,
};

for (const architecture of READY)
  for (const [scheme, address] of Object.entries(ADDRESSES))
    serverConformance(`${architecture} over ${scheme}`, () => serverSubject(architecture, address));
