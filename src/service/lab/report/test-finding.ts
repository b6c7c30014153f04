/** A finding with each kind of part, for the tests of the renderers. */
import type { Finding } from '../finding.ts';
import type { Report } from './report.ts';

export const finding: Finding = {
  name: 'sample',
  title: 'A sample',
  question: 'What does a report look like?',
  method: ['Nothing ran.', 'The figures are made up.'],
  parts: [
    {
      kind: 'lines',
      title: 'Growth',
      x: { label: 'connections', unit: '', scale: 'log' },
      y: { label: 'time', unit: 's', scale: 'log' },
      series: [
        {
          name: 'select',
          points: [
            [10, 0.000011],
            [1000, null],
          ],
        },
        {
          name: 'epoll',
          points: [
            [10, 0.000012],
            [1000, 0.000014],
          ],
        },
      ],
      note: 'select ends early.',
    },
    {
      kind: 'bars',
      title: 'Counting',
      label: 'wall time',
      unit: 's',
      bars: [
        { name: 'alone', value: 0.5, note: 'It waits for nobody.' },
        { name: 'together', value: 1 },
        { name: 'never', value: null, note: 'Not on this machine.' },
      ],
    },
    {
      kind: 'table',
      title: 'Sizes',
      columns: [{ name: 'what' }, { name: 'size', unit: 'bytes' }],
      rows: [
        ['small', 2048],
        ['none', null],
      ],
    },
    { kind: 'words', title: 'In words', paragraphs: ['The first.', 'The second.'] },
  ],
};

export function reportOf(...findings: readonly Finding[]): Report {
  const machine = {
    cpu: 'A processor',
    cores: 2,
    memory: 2 ** 33,
    kernel: 'Linux 6.0',
    node: 'v26.0.0',
    modnet: '0.0.0',
  };
  return { machine, date: '2026-01-02T03:04:05.000Z', findings };
}
