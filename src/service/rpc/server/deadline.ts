/** Deadlines longer than a timer can wait: they count as the longest, where Node would let them pass at once. */
import { MAX_DEADLINE } from '../limits.ts';

const SECONDS: Readonly<Record<string, number>> = { H: 3_600, M: 60, S: 1 };

const MAX_SECONDS = Math.floor(MAX_DEADLINE / 1_000);

/** The same headers, unless they ask for more. */
export function boundDeadline(headers: Headers): Headers {
  const grpc = headers.get('grpc-timeout');
  if (grpc !== null) return isLong(grpc) ? replaced(headers, 'grpc-timeout', `${MAX_SECONDS}S`) : headers;
  const ms = headers.get('connect-timeout-ms');
  if (ms === null || !/^\d{1,10}$/.test(ms) || Number(ms) <= MAX_DEADLINE) return headers;
  return replaced(headers, 'connect-timeout-ms', String(MAX_DEADLINE));
}

/** As gRPC over HTTP/2 writes them: up to eight digits and a unit; those below a second are never too long. */
function isLong(timeout: string): boolean {
  const [, digits, unit = ''] = /^(\d{1,8})([HMS])$/.exec(timeout) ?? [];
  return digits !== undefined && Number(digits) * SECONDS[unit]! > MAX_SECONDS;
}

function replaced(headers: Headers, name: string, value: string): Headers {
  const copy = new Headers([...headers]);
  copy.set(name, value);
  return copy;
}
