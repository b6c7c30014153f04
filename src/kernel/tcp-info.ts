/** TCP_INFO: what the kernel knows of a connection (tcp(7), `struct tcp_info` of linux/tcp.h). */
import { IPPROTO_TCP, TCP_INFO } from './constants.ts';
import { scratch } from './memory.ts';
import { getsockopt } from './sockopt.ts';

/** By number, from 1 (net/tcp_states.h). */
const STATES = [
  'unknown',
  'established',
  'syn-sent',
  'syn-received',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'closed',
  'close-wait',
  'last-ack',
  'listen',
  'closing',
  'new-syn-received',
] as const;

export type TcpState = (typeof STATES)[number];

/** The state of a number, such as the files /proc/net/tcp and /proc/net/tcp6 hold (proc(5)). */
export function tcpState(number: number): TcpState {
  return STATES[number] ?? 'unknown';
}

/** Where the 32-bit fields lie. Their number is 0 on a kernel that is too old for them. */
const WORDS = {
  /** Retransmission timeout, µs. */
  rto: 8,
  /** Maximum segment size that we send, bytes. */
  sendMss: 16,
  /** Maximum segment size that the peer seems to send, bytes. */
  receiveMss: 20,
  /** Segments sent and not acknowledged. */
  unacknowledged: 24,
  /** Segments deemed lost. */
  lost: 32,
  /** Segments retransmitted and still unacknowledged. */
  retransmitting: 36,
  /** Milliseconds since data was last sent. */
  lastDataSent: 44,
  /** Milliseconds since data last came. */
  lastDataReceived: 52,
  /** Milliseconds since an acknowledgement last came. */
  lastAckReceived: 56,
  /** Path MTU, bytes. */
  pathMtu: 60,
  /** Smoothed round-trip time, µs (RFC 6298). */
  rtt: 68,
  /** Its mean deviation, µs. */
  rttVariation: 72,
  /** Slow start threshold, segments; 2147483647 until there was a loss. */
  sendThreshold: 76,
  /** Congestion window, segments. */
  congestionWindow: 80,
  /** Round-trip time as a receiver sees it, µs. */
  receiveRtt: 92,
  /** Room that the receive buffer is tuned for, bytes. */
  receiveSpace: 96,
  /** Segments retransmitted since the beginning. */
  totalRetransmits: 100,
  /** Segments sent, those without data included. Linux 4.2. */
  segmentsSent: 136,
  /** Segments received, those without data included. Linux 4.2. */
  segmentsReceived: 140,
  /** Bytes in the send buffer that have not been sent once. Linux 4.6. */
  notSent: 144,
  /** Smallest round-trip time of late, µs; 4294967295 before one was measured. Linux 4.6. */
  minRtt: 148,
  /** Segments of data received. Linux 4.6. */
  dataSegmentsReceived: 152,
  /** Segments of data sent. Linux 4.6. */
  dataSegmentsSent: 156,
  /** Segments that came out of order. Linux 5.4. */
  outOfOrder: 224,
  /** Window that the peer offers, bytes. Linux 5.4. */
  sendWindow: 228,
} as const;

/** Where the 64-bit fields lie. */
const LONG_WORDS = {
  /** Bytes a second that we pace to. */
  pacingRate: 104,
  /** Bytes that the peer has acknowledged. Linux 4.1. */
  bytesAcknowledged: 120,
  /** Bytes received in order. Linux 4.1. */
  bytesReceived: 128,
  /** Bytes a second that reached the peer, as last measured. Linux 4.9. */
  deliveryRate: 160,
  /** µs spent sending. Linux 4.10. */
  busyTime: 168,
  /** µs of it that the peer's window held us up. Linux 4.10. */
  windowLimited: 176,
  /** µs of it that our send buffer held us up. Linux 4.10. */
  sendBufferLimited: 184,
  /** Bytes sent, retransmissions included. Linux 4.19. */
  bytesSent: 200,
  /** Bytes retransmitted. Linux 4.19. */
  bytesRetransmitted: 208,
} as const;

const SIZE = 248;

type Numbers = { readonly [Field in keyof typeof WORDS | keyof typeof LONG_WORDS]: number };

export interface TcpInfo extends Numbers {
  readonly state: TcpState;
  /** Retransmissions of the oldest segment, in a row. */
  readonly retransmits: number;
  /** Unanswered probes of a peer that is idle or has closed its window. */
  readonly probes: number;
}

/** Or `-errno`: `-EOPNOTSUPP` (`-ENOPROTOOPT` for UDP on older kernels) for what is not TCP. */
export function tcpInfo(fd: number): TcpInfo | number {
  const view = read(fd);
  if (typeof view === 'number') return view;
  const info: Record<string, number | string> = {
    state: tcpState(view.getUint8(0)),
    retransmits: view.getUint8(2),
    probes: view.getUint8(3),
  };
  for (const [field, offset] of Object.entries(WORDS)) info[field] = view.getUint32(offset, true);
  for (const [field, offset] of Object.entries(LONG_WORDS))
    info[field] = Number(view.getBigUint64(offset, true));
  return info as unknown as TcpInfo;
}

export interface ListenQueue {
  /** Connections that wait to be accepted. */
  readonly waiting: number;
  /** How many may: the backlog as the kernel capped it. */
  readonly backlog: number;
}

/**
 * Of a listening TCP socket, which reports them in fields that mean something else otherwise. Or `-errno`.
 */
export function listenQueue(fd: number): ListenQueue | number {
  const view = read(fd);
  if (typeof view === 'number') return view;
  return { waiting: view.getUint32(24, true), backlog: view.getUint32(28, true) };
}

function read(fd: number): DataView | number {
  const { view, bytes } = scratch();
  bytes.fill(0, 0, SIZE);
  const result = getsockopt(fd, IPPROTO_TCP, TCP_INFO, SIZE);
  return result < 0 ? result : view;
}
