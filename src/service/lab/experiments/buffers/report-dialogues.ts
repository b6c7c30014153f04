/** Requests in two parts: their latencies in bars, a table and words. It measures nothing. */
import type { Bars, Part, Table, Words } from '../../finding.ts';
import { median } from '../../median.ts';
import { formatValue } from '../../report/units.ts';
import type { DialogueCase, DialogueFigures } from './measure.ts';

type Dialogue = readonly [DialogueCase, DialogueFigures];

/** Seconds; half of the 40 ms that Linux delays an acknowledgement for at least (TCP_DELACK_MIN). */
const SLOW = 0.02;

export function dialogueParts(dialogues: readonly Dialogue[]): Part[] {
  return [bars(dialogues), table(dialogues), words(dialogues)];
}

function bars(dialogues: readonly Dialogue[]): Bars {
  return {
    kind: 'bars',
    title: 'A request in two small parts, and its answer',
    label: 'median of a request',
    unit: 's',
    bars: dialogues.map(([{ name }, { latencies }]) => {
      const slow = latencies.filter((seconds) => seconds >= SLOW).length;
      return {
        name,
        value: median(latencies),
        note:
          slow === 0
            ? undefined
            : `${slow} of ${latencies.length} requests took ${formatValue(SLOW, 's')} or more.`,
      };
    }),
  };
}

function table(dialogues: readonly Dialogue[]): Table {
  return {
    kind: 'table',
    title: 'Requests, segments and acknowledgements',
    columns: [
      { name: 'how' },
      { name: 'fastest', unit: 's' },
      { name: 'median', unit: 's' },
      { name: 'slowest', unit: 's' },
      { name: `${formatValue(SLOW, 's')} or more`, unit: '%' },
      { name: 'segments a request' },
      { name: 'bare ACKs a request' },
    ],
    rows: dialogues.map(([{ name }, { latencies, segments, acknowledgements }]) => [
      name,
      Math.min(...latencies),
      median(latencies),
      Math.max(...latencies),
      (100 * latencies.filter((seconds) => seconds >= SLOW).length) / latencies.length,
      segments,
      acknowledgements,
    ]),
    note: 'Segments with data that the client sent, and segments without data that the server sent, from TCP_INFO; those of the end included.',
  };
}

function words(dialogues: readonly Dialogue[]): Words {
  const of = (name: string) => dialogues.find(([one]) => one.name === name)![1];
  const time = (name: string) => formatValue(median(of(name).latencies), 's');
  const plain = of('two writes');
  const isSlow = median(plain.latencies) >= SLOW;
  const quick = plain.latencies.filter((seconds) => seconds < SLOW).length;
  const cause = isSlow
    ? `Two writes take ${time('two writes')}. The first part leaves at once. The second is small and the first is not yet ` +
      'acknowledged, so Nagle’s algorithm holds it back (RFC 9293 section 3.7.4). The server has half a request and nothing to ' +
      'send, so it delays its acknowledgement in the hope of an answer to put it on (section 3.8.6.3). Each waits for the ' +
      'other until the timer of the acknowledgement runs out.'
    : `Two writes take ${time('two writes')} here: the wait of Nagle’s algorithm for a delayed acknowledgement was not seen in most requests.`;
  return {
    kind: 'words',
    title: 'Where the time goes',
    paragraphs: [
      cause,
      ...(isSlow && quick > 0
        ? [
            `${quick} of ${plain.latencies.length} requests were quick all the same: a connection begins by acknowledging at once, ` +
              'until it takes itself for a dialogue.',
          ]
        : []),
      `TCP_QUICKACK at the server, set again before every read, takes the wait away (${time('TCP_QUICKACK before every read')}); set ` +
        `once it is soon forgotten by the kernel (${time('TCP_QUICKACK, set once')}; tcp(7)). It costs an acknowledgement for every part.`,
      `TCP_NODELAY at the client sends both parts at once (${time('TCP_NODELAY')}), in ${of('TCP_NODELAY').segments.toFixed(1)} ` +
        'segments a request.',
      `The cure is not to send half a request: one writev takes ${time('one writev')} with ${of('one writev').segments.toFixed(1)} segments, ` +
        `TCP_CORK around the writes ${time('TCP_CORK around the writes')} with two more system calls.`,
    ],
  };
}
