import { kernelAvailable } from '../../kernel/index.ts';
import { subjectOf, transportConformance } from '../../testing/transport-conformance.ts';
import { tcp } from './index.ts';

for (const driver of ['node', 'kernel'] as const) {
  if (driver === 'kernel' && !kernelAvailable()) continue;
  transportConformance(`tcp on ${driver}`, () => subjectOf(tcp, () => 'tcp://127.0.0.1:0', { driver }));
}
