import { describe } from 'node:test';
import { kernelAvailable } from '../../kernel/index.ts';
import { subjectOf, transportConformance } from '../../testing/transport-conformance.ts';
import { ws } from '../index.ts';

const drivers = kernelAvailable() ? (['kernel', 'node'] as const) : (['node'] as const);

for (const driver of drivers)
  describe(`driver ${driver}`, () => {
    transportConformance('ws', () => subjectOf(ws, () => 'ws://127.0.0.1:0/path', { driver }));
  });
