import { subjectOf, transportConformance } from '../../testing/transport-conformance.ts';
import { memory } from './index.ts';

transportConformance('memory', () => subjectOf(memory, () => 'memory:'));
