/**
 * The life of a TCP connection, call by call, with the state that the kernel holds on both sides after each. It knows how
 * to play the scenes and to put them into tables, not what happens in them.
 */

import type { Cell, Experiment, ExperimentOptions, Finding, Table, Words } from '../../finding.ts';
import { setting } from '../shared/proc-net.ts';
import type { Scene } from './scene.ts';
import { halfClose, serverFirst } from './scenes/closing.ts';
import { refused, synReceived, synSent, withItself } from './scenes/handshake.ts';
import { lastAck, simultaneousClose } from './scenes/held.ts';
import { opening } from './scenes/opening.ts';
import { lingerZero, unreadData } from './scenes/resets.ts';
import { type Row, type Seen, Stage } from './stage.ts';

const SCENES: readonly Scene[] = [
  opening,
  halfClose,
  serverFirst,
  lastAck,
  simultaneousClose,
  unreadData,
  lingerZero,
  refused,
  synSent,
  synReceived,
  withItself,
];

/** RFC 9293 section 3.3.2, in its order. */
const STATES: readonly string[] = [
  'LISTEN',
  'SYN-SENT',
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
  'CLOSED',
];

interface Played {
  readonly scene: Scene;
  readonly rows: readonly Row[];
}

export const lifecycle: Experiment = {
  name: 'lifecycle',
  about: 'the states of a TCP connection, call by call, on both sides',
  seconds: { full: 2, quick: 2 },
  async run(options) {
    const played = await play(options);
    return report(played);
  },
};

async function play({ signal, progress }: ExperimentOptions): Promise<Played[]> {
  const played: Played[] = [];
  for (const scene of SCENES) {
    signal.throwIfAborted();
    progress(played.length, SCENES.length, scene.title);
    using stage = new Stage(signal);
    await scene.play(stage);
    played.push({ scene, rows: stage.rows });
  }
  return played;
}

function report(played: readonly Played[]): Finding {
  return {
    name: 'lifecycle',
    title: 'The life of a TCP connection',
    question:
      'Which call of a program changes which state of its connection, on its own side and on the other? The states are ' +
      'those of RFC 9293; each is read from the kernel, not concluded.',
    method: [
      'A client and a server in one process make their system calls one after another on 127.0.0.1.',
      'After each call the state of both sockets is read: from TCP_INFO while there is a descriptor, and from /proc/net/tcp ' +
        'where there is none (not accepted yet, closed, TIME-WAIT).',
      'A row is written when the state that the call should lead to is there; should it not come within two seconds, the ' +
        'words say so, and the row has what was seen in its place.',
      'Beside each state are the bytes that lie in the receive queue and those in the send queue that were not acknowledged; ' +
        'beside LISTEN, how many connections wait to be accepted and how many may.',
    ],
    parts: [
      ...played.flatMap((one) => [sceneTable(one), sceneWords(one)]),
      stateTable(played),
      lessons(played),
    ],
  };
}

function sceneTable({ scene, rows }: Played): Table {
  return {
    kind: 'table',
    title: scene.title,
    columns: [
      { name: 'step' },
      { name: 'call' },
      { name: 'result' },
      { name: 'client' },
      { name: 'in, out' },
      { name: 'server' },
      { name: 'in, out' },
    ],
    rows: rows.map((row, index): Cell[] => [
      index + 1,
      `${row.by}: ${row.call}`,
      row.result,
      row.client.state,
      queues(row.client),
      row.server.state,
      queues(row.server),
    ]),
    note: scene.note,
  };
}

/** Beside the table they would be a column too narrow to be read. */
function sceneWords({ scene, rows }: Played): Words {
  return {
    kind: 'words',
    title: `${scene.title}: what happened`,
    paragraphs: rows.map(({ by, call, section, words }, index) => {
      const source = section === null ? '' : ` (RFC 9293 section ${section})`;
      return `${index + 1}. ${by}, ${call}: ${words}${source}`;
    }),
  };
}

function queues({ state, toRead, toSend }: Seen): Cell {
  if (toRead === null || toSend === null) return null;
  return state === 'LISTEN' ? `${toRead} of ${toSend}` : `${toRead}, ${toSend}`;
}

/** Every state of the RFC and where it was seen first. */
function stateTable(played: readonly Played[]): Table {
  const all = played.flatMap(({ scene, rows }) => rows.map((row) => ({ scene, row })));
  return {
    kind: 'table',
    title: 'Every state, and where it was seen',
    columns: [{ name: 'state' }, { name: 'times' }, { name: 'first seen at' }, { name: 'after' }],
    rows: STATES.map((state): Cell[] => {
      const hits = all.filter(({ row }) => row.client.state === state || row.server.state === state);
      const first = hits[0];
      if (first === undefined) return [state, 0, null, null];
      const side = first.row.client.state === state ? 'client' : 'server';
      return [state, hits.length, side, `${first.row.call} of the ${first.row.by}: ${first.scene.title}`];
    }),
  };
}

function lessons(played: readonly Played[]): Words {
  const rows = played.flatMap((one) => one.rows);
  const early = rows.find((row) => row.call.startsWith('connect') && row.server.state === 'ESTABLISHED');
  const finTimeout = setting('net/ipv4/tcp_fin_timeout');
  const accepted =
    early === undefined
      ? 'A connection that was established before accept was not seen.'
      : 'A connection is established before accept: a client that connects has reached a kernel, not a program.';
  return {
    kind: 'words',
    title: 'What to keep in mind',
    paragraphs: [
      accepted,
      'Ending a half (shutdown) and letting go of the descriptor (close) are different things. A program that wants to know ' +
        'that its peer got everything ends its half, reads until the peer ends, and closes then.',
      'TIME-WAIT is no fault. It costs a line in a table for a minute at the side that closed first, and keeps old segments ' +
        'out of the next connection with the same ports.',
      `A socket in FIN-WAIT-2 without a descriptor is dropped after net.ipv4.tcp_fin_timeout, here ${finTimeout ?? 'unknown'} seconds.`,
    ],
  };
}
