import { kernelAvailable } from '../../kernel/index.ts';
import { subjectOf, transportConformance } from '../../testing/transport-conformance.ts';
import { unix } from './index.ts';

let serial = 0;

for (const driver of ['node', 'kernel'] as const) {
  if (driver === 'kernel' && !kernelAvailable()) continue;
  transportConformance(`unix on ${driver}`, () =>
    subjectOf(unix, () => `unix:@modnet-test-${process.pid}-${++serial}`, { driver }, false),
  );
}
