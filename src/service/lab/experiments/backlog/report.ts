/** The results of the experiment in tables, charts and words. It measures nothing. */
import { errnoName } from '../../../../kernel/index.ts';
import type { Bars, Cell, Finding, Lines, Part, Table, Words } from '../../finding.ts';
import { formatValue } from '../../report/units.ts';
import { setting } from '../shared/proc-net.ts';
import type { BacklogResults } from './backlog.ts';
import type { Blocked } from './blocking.ts';
import type { Relieved } from './filling.ts';
import type { Retried } from './retries.ts';

/** What listen(2) was given, and how many may wait in the end; or why that is not known. */
export interface Capped {
  readonly asked: number;
  readonly given: number | string;
}

export function report(results: BacklogResults): Finding {
  return {
    name: 'backlog',
    title: 'A server that does not accept',
    question:
      'The kernel completes handshakes by itself and keeps the connections until the program accepts them. How many does ' +
      'it keep, what do the clients see that come after, and how do they get in once the server accepts?',
    method: [
      'A socket listens on 127.0.0.1 and does not accept. Clients connect one after another on non-blocking sockets; each is ' +
        'followed until it is connected or its SYN was dropped.',
      'The states are those of TCP_INFO. Of the listening socket it tells the length of the queue and what it may hold.',
      'ListenOverflows and ListenDrops are read from /proc/net/netstat before and after. They count for the whole network ' +
        'namespace: other servers with full queues would add to them.',
      'A client that hangs is looked at every millisecond; each time is that of one client, not a median.',
    ],
    parts: [
      growth(results.filled),
      fillTable(results.filled),
      fillWords(results.filled),
      retryBars(results.retried),
      ...reliefParts(results.filled),
      blockTable(results.blocked),
      capTable(results.capped),
      endWords(results),
    ],
  };
}

function growth(filled: readonly Relieved[]): Lines {
  return {
    kind: 'lines',
    title: 'Clients that are connected, by how many have tried',
    x: { label: 'clients that tried', unit: '', scale: 'log' },
    y: { label: 'connected', unit: '', scale: 'log' },
    series: filled.map(({ backlog, progress }) => ({
      name: `listen(${backlog})`,
      points: progress.map((connected, index) => [index + 1, connected] as const),
    })),
    note: 'Where a line turns flat the queue is full: who comes later hangs in SYN-SENT.',
  };
}

function fillTable(filled: readonly Relieved[]): Table {
  return {
    kind: 'table',
    title: 'A queue that is filled',
    columns: [
      { name: 'listen(n)' },
      { name: 'clients' },
      { name: 'connected' },
      { name: 'in the queue' },
      { name: 'SYN-SENT' },
      { name: 'ListenOverflows' },
      { name: 'ListenDrops' },
    ],
    rows: filled.map((one): Cell[] => [
      one.backlog,
      one.clients,
      one.connected,
      one.waiting,
      one.hanging,
      one.overflows,
      one.drops,
    ]),
    note: 'Both counters by how much they grew while the clients connected.',
  };
}

function fillWords(filled: readonly Relieved[]): Words {
  const beyond = filled.map(({ connected, capped }) => connected - capped);
  const rule = beyond.every((count) => count === 1)
    ? 'Linux takes one connection more than listen was told: it compares with “greater than”, so a queue of n is full at n + 1.'
    : `Beyond the backlog there were ${beyond.join(', ')} connections; n + 1 was to be expected of Linux.`;
  const counted = filled.every(({ overflows, hanging }) => overflows === hanging);
  return {
    kind: 'words',
    title: 'What the clients see',
    paragraphs: [
      `${rule} Every one of these clients is connected and may send, although no program has heard of it.`,
      'The next client sees nothing at all. Its SYN is dropped in silence, connect says that it is in progress, and the client ' +
        'cannot tell a full queue from a lost packet or a dead machine.',
      counted
        ? 'Each SYN that was dropped counted once in ListenOverflows. This is the counter to watch on a server (nstat -az TcpExtListenOverflows).'
        : 'ListenOverflows did not grow by exactly one for each client that hung: other sockets of this machine, or tries again, count too.',
    ],
  };
}

function retryBars(retried: readonly Retried[]): Bars {
  return {
    kind: 'bars',
    title: 'How long a client waits that found the queue full',
    label: 'from connect to connected',
    unit: 's',
    bars: retried.map(({ hold, seconds, again }) => ({
      name: `room after ${hold} s`,
      value: seconds,
      note:
        seconds === null
          ? `Not connected in the time that was given to it; SYNs sent again: ${again}.`
          : `${again} SYN${again === 1 ? '' : 's'} sent again; ${formatValue(seconds - hold, 's')} of the wait were for nothing.`,
    })),
    note: retryNote(),
  };
}

function retryNote(): string {
  const linear = setting('net/ipv4/tcp_syn_linear_timeouts');
  const pace =
    linear === null
      ? 'This kernel doubles the time between tries from the first.'
      : `This kernel repeats the SYN ${linear} times a second apart before it doubles the time (net.ipv4.tcp_syn_linear_timeouts).`;
  return `The room that a server makes is told to nobody: a client notices at its next try. ${pace}`;
}

function reliefParts(filled: readonly Relieved[]): Part[] {
  const afterOne: Table = {
    kind: 'table',
    title: 'The server accepts one connection',
    columns: ['listen(n)', 'connected', 'now', 'in the queue', 'SYN-RECEIVED', 'unknown'].map((name) => ({
      name,
    })),
    rows: filled.map(({ backlog, connected, afterOne: now }): Cell[] => [
      backlog,
      connected,
      now.connected,
      now.waiting,
      now.halfOpen,
      now.nowhere,
    ]),
    note:
      'One place is free. Connected clients before, and once every client that hung had tried again; of those, the ones in ' +
      'the queue, the ones that wait in SYN-RECEIVED on the server’s side, and the ones that the server does not know.',
  };
  const afterAll: Table = {
    kind: 'table',
    title: 'Then it accepts all',
    columns: [
      { name: 'listen(n)' },
      { name: 'clients' },
      { name: 'accepted' },
      { name: 'slowest connect', unit: 's' },
      { name: 'last accept', unit: 's' },
    ],
    rows: filled.map((one): Cell[] => [
      one.backlog,
      one.clients,
      one.accepted,
      one.waits.length === 0 ? null : Math.max(...one.waits),
      one.allAfter,
    ]),
    note: 'A connect is timed from its call, the last accept from the first.',
  };
  return [afterOne, reliefWords(filled), afterAll];
}

function reliefWords(filled: readonly Relieved[]): Words {
  const sum = (field: 'halfOpen' | 'nowhere') =>
    filled.reduce((total, { afterOne }) => total + afterOne[field], 0);
  const [half, nowhere] = [sum('halfOpen'), sum('nowhere')];
  // The counter is one of the whole namespace, and the queues were relieved at the same time.
  const cookies = Math.max(0, ...filled.map(({ afterOne }) => afterOne.cookies));
  const paragraphs = [];
  if (half + nowhere === 0)
    paragraphs.push(
      'One place was made and one client took it; the others lost that round and waited for the next.',
    );
  if (half > 0)
    paragraphs.push(
      `For ${half} clients the two sides disagreed. Their SYNs came in the same instant as that of the client which took ` +
        'the place, and were answered because the queue had room still. So these clients are connected, may send, and are ' +
        'wrong: the last ACK of the handshake found the queue full and was dropped. The server repeats its SYN-ACK after a ' +
        'second, and if there is room then nobody notices more than the delay.',
    );
  if (nowhere > 0)
    paragraphs.push(
      `${nowhere} clients are connected to nothing. A listening socket remembers no more half-open connections than its ` +
        `backlog; beyond it Linux answers with SYN cookies (${cookies} were sent) and keeps nothing. Their last ACK was ` +
        'dropped because the queue was full, and nobody will repeat anything: such a client waits for ever if it is the ' +
        'server’s turn to speak, and can get in with its first data if it is its own.',
    );
  return { kind: 'words', title: 'One place and several who want it', paragraphs };
}

function blockTable(blocked: readonly Blocked[]): Table {
  return {
    kind: 'table',
    title: 'TCP and Unix sockets with a full queue',
    columns: [
      { name: 'socket' },
      { name: 'taken' },
      { name: 'non-blocking' },
      { name: 'after', unit: 's' },
      { name: 'blocking' },
      { name: 'after', unit: 's' },
      { name: 'accepts after', unit: 's' },
    ],
    rows: blocked.map((one): Cell[] => [
      one.kind,
      one.taken,
      resultName(one.atOnce.result),
      one.atOnce.seconds,
      resultName(one.waited.result),
      one.waited.seconds,
      one.hold,
    ]),
    note: blockNote(blocked),
  };
}

function blockNote(blocked: readonly Blocked[]): string {
  const [tcp, unix] = blocked;
  const woken =
    tcp === undefined || unix === undefined
      ? ''
      : ` The server accepted after ${formatValue(unix.hold, 's')}: the Unix client was in after ` +
        `${formatValue(unix.waited.seconds, 's')}, the TCP client after ${formatValue(tcp.waited.seconds, 's')}.`;
  return (
    'What connect answered, and when; the server accepts while the blocking one waits. Both ends of a Unix socket are in one kernel, so a full queue is an answer: EAGAIN at once for who does not wait, and a ' +
    'place in a line that accept wakes for who does. A non-blocking Unix client that gets EAGAIN has not begun anything: there ' +
    `is nothing to poll for, it must call connect again (connect(2)).${woken}`
  );
}

function resultName(result: number): string {
  return result < 0 ? errnoName(result) : 'connected';
}

function capTable(capped: readonly Capped[]): Table {
  return {
    kind: 'table',
    title: 'What listen(2) is told and what it does',
    columns: [{ name: 'listen(n)' }, { name: 'may wait' }],
    rows: capped.map(({ asked, given }): Cell[] => [asked, given]),
    note: `net.core.somaxconn is ${setting('net/core/somaxconn') ?? 'unknown'} here: a larger backlog is cut to it without an error.`,
  };
}

function endWords({ abortOnOverflow }: BacklogResults): Words {
  return {
    kind: 'words',
    title: 'What to do about it',
    paragraphs: [
      'Accept faster than clients come, and set a backlog that holds a burst: its memory is paid only when it is used. A ' +
        'backlog that hides a server which is too slow only makes clients wait longer.',
      `net.ipv4.tcp_abort_on_overflow is ${abortOnOverflow ?? 'unknown'} here. With 1 the kernel resets a connection whose ` +
        'handshake ends while the queue is full, so that its client fails at once (tcp(7)); that was not tried here, ' +
        'because the setting is one of the whole machine.',
    ],
  };
}
