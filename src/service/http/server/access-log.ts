/** Access logs: one line a request, in the formats that tools read. What a client chose is escaped. */
import type { Address } from '../../../core/index.ts';
import type { HttpRequestEvent } from './diagnostics.ts';

/**
 * - `common`: of the W3C's first server, `host - - [time] "request" status bytes`
 * - `combined`: with referer and user agent, as Apache and nginx write by default
 * - `json`: an object a line
 */
export type AccessLogFormat = 'common' | 'combined' | 'json';

export interface AccessLog {
  readonly format: AccessLogFormat;
  /** Gets a line, with its end. It must not throw, and not wait. */
  readonly write: (line: string) => void;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** What could end a field, or the line, or steer a terminal: as nginx does (`log_format`, escape=default). */
const UNSAFE = /["\\\0-\x1f\x7f-\uffff]/g;

/** The line, without its end. */
export function accessLine(event: HttpRequestEvent, format: AccessLogFormat): string {
  if (format === 'json') return jsonLine(event);
  const request = `${escaped(event.method)} ${escaped(event.target)} HTTP/${event.version}`;
  const common = `${peerName(event.remote)} - - [${timeOf(event.time)}] "${request}" ${event.status} ${event.bytes}`;
  if (format === 'common') return common;
  return `${common} "${escaped(event.referer ?? '-')}" "${escaped(event.userAgent ?? '-')}"`;
}

export function logTo(log: AccessLog, event: HttpRequestEvent): void {
  log.write(`${accessLine(event, log.format)}\n`);
}

function jsonLine(event: HttpRequestEvent): string {
  const { method, target, version, status, bytes, duration, host, referer, userAgent, complete } = event;
  const line = JSON.stringify({
    time: new Date(event.time).toISOString(),
    remote: peerName(event.remote),
    method,
    target,
    version,
    status,
    bytes,
    duration: Math.round(duration * 1000) / 1000,
    host,
    referer,
    userAgent,
    complete,
  });
  // Of what JSON leaves, a terminal takes DEL and C1 for commands.
  return line.replace(/[\x7f-\x9f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

function peerName(remote: Address): string {
  if (remote.kind === 'inet') return remote.host;
  return remote.kind === 'unix' ? 'unix:' : escaped(String(remote));
}

function timeOf(time: number): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}

/** A head is Latin-1, a byte a character. */
function escaped(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase();
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}
