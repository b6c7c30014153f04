/** WebSocket over TLS is a transport like the others. */
import { kernelAvailable, opensslAvailable } from '../kernel/index.ts';
import { subjectOf, transportConformance } from '../testing/transport-conformance.ts';
import { wss } from './index.ts';
import { testAuthority } from './tls/test-certificates.ts';

const authority = await testAuthority();
const identity = await authority.issue({ names: ['localhost', '127.0.0.1'] });
const tls = { ca: authority.ca, ...identity };

for (const driver of ['kernel', 'node'] as const) {
  if (driver === 'kernel' && !(kernelAvailable() && opensslAvailable())) continue;
  transportConformance(`wss on ${driver}`, () =>
    subjectOf(wss, () => 'wss://127.0.0.1:0/path', { tls, driver }),
  );
}
