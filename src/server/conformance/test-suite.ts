/** Runs the suite of servers on one architecture, over TCP and over Unix sockets. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { serverConformance, serverSubject } from '../../testing/server-conformance.ts';
import type { Architecture } from '../architecture.ts';

export function conforms(architecture: Architecture): void {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-server-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let serial = 0;
  const addresses: Readonly<Record<string, () => string>> = {
    tcp: () => 'tcp://127.0.0.1:0',
    unix: () => `unix://${folder}/${++serial}.sock`,
  };
  for (const [scheme, address] of Object.entries(addresses))
    serverConformance(`${architecture} over ${scheme}`, () => serverSubject(architecture, address));
}
