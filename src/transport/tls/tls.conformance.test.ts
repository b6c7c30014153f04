import type { Address } from '../../core/address.ts';
import { kernelAvailable, opensslAvailable } from '../../kernel/index.ts';
import { subjectOf, transportConformance } from '../../testing/transport-conformance.ts';
import { memory, tcp, unix } from '../index.ts';
import type { StreamTransport } from '../options.ts';
import { testAuthority } from './test-certificates.ts';
import { tlsOver } from './tls-over.ts';

const authority = await testAuthority();
const server = await authority.issue({ names: ['localhost', '127.0.0.1'] });
const tls = { ca: authority.ca, ...server };
let serial = 0;

function suite(name: string, under: StreamTransport, address: () => Address | string, fixed: object): void {
  const hasReset = under !== unix;
  transportConformance(name, () => subjectOf(tlsOver(under), address, { tls, ...fixed }, hasReset));
}

for (const driver of ['kernel', 'node'] as const) {
  if (driver === 'kernel' && !(kernelAvailable() && opensslAvailable())) continue;
  suite(`tls on ${driver}`, tcp, () => 'tls://127.0.0.1:0', { driver });
  suite(`tls over unix on ${driver}`, unix, () => `unix:@modnet-tls-${process.pid}-${++serial}`, { driver });
  suite(`tls over memory, ${driver}`, memory, () => 'memory:', { driver });
}
