/** What is worth telling of TCP_INFO. */
import { type TcpInfo, tcpInfo } from '../../kernel/index.ts';

export interface TcpSummary {
  /** Smoothed round-trip time and its variation, µs. */
  readonly rtt: number;
  readonly rttVariation: number;
  /** Segments retransmitted since the beginning. */
  readonly retransmits: number;
  /** Congestion window, segments. */
  readonly congestionWindow: number;
  /** Bytes a second that reached the peer, as last measured; 0 when nothing was sent. */
  readonly deliveryRate: number;
}

/** `undefined` for what is not TCP, or has no descriptor any more. */
export function tcpSummary(fd: number | undefined): TcpSummary | undefined {
  if (fd === undefined) return undefined;
  const info: TcpInfo | number = tcpInfo(fd);
  if (typeof info === 'number') return undefined;
  return {
    rtt: info.rtt,
    rttVariation: info.rttVariation,
    retransmits: info.totalRetransmits,
    congestionWindow: info.congestionWindow,
    deliveryRate: info.deliveryRate,
  };
}

/** `rtt 0.04±0.02 ms, 0 retransmits, cwnd 10, 1.2 GB/s` */
export function formatTcp(tcp: TcpSummary): string {
  const ms = (us: number): string => (us / 1000).toFixed(2);
  return [
    `rtt ${ms(tcp.rtt)}±${ms(tcp.rttVariation)} ms`,
    `${tcp.retransmits} retransmits`,
    `cwnd ${tcp.congestionWindow}`,
    `${formatBytes(tcp.deliveryRate)}/s`,
  ].join(', ');
}

/** Powers of 1000, as rates are told: `1.2 MB`. */
export function formatBytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${count} B` : `${value.toFixed(1)} ${units[unit]}`;
}

export function formatDuration(ms: number): string {
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 99_950 ? 1 : 0)} s`;
}
