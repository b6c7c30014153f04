/** The life of a request for people: connections, TLS, heads in both directions. */
import { printable } from '../../bytes/index.ts';
import type { ConnectionEvent, ResponseEvent, TraceEvent } from '../../service/http/index.ts';

/** `*` tells, `>` is sent, `<` came, as with curl; without what a terminal would obey. */
export function traceLines(event: TraceEvent): string[] {
  switch (event.type) {
    case 'connection':
      return connectionLines(event).map((line) => `* ${printable(line)}`);
    case 'request':
      return event.head
        .split('\r\n')
        .slice(0, -1)
        .map((line) => `> ${printable(line)}`.trimEnd());
    case 'response':
      return [...headLines(event.head), ''].map((line) => `< ${printable(line)}`.trimEnd());
    default:
      return ['* the connection was dead; sent again on another'];
  }
}

type Head = Pick<ResponseEvent['head'], 'version' | 'status' | 'reason' | 'fields'>;

/** The head as it came, but for the spelling of the names. */
export function headLines({ version, status, reason, fields }: Head): string[] {
  return [
    `HTTP/${version} ${status} ${reason}`.trimEnd(),
    ...Array.from(fields, ([name, value]) => `${name}: ${value}`),
  ];
}

function connectionLines({ local, remote, reused, tls }: ConnectionEvent): string[] {
  const connected = `${reused ? 'on the connection' : 'connected'} ${local} -> ${remote}`;
  return tls === undefined || reused ? [connected] : [connected, ...tlsLines(tls)];
}

function tlsLines(tls: NonNullable<ConnectionEvent['tls']>): string[] {
  const { protocol, cipher, alpn, resumed, authorized, authorizationError, peerCertificate } = tls;
  const agreed = [protocol, cipher, alpn === undefined ? '' : `ALPN ${alpn}`, resumed ? 'resumed' : ''];
  const lines = [agreed.filter((part) => part !== '').join(', ')];
  if (peerCertificate !== undefined) {
    const { subject, subjectAltName, issuer, validTo } = peerCertificate;
    const name = partOf(subject, 'CN') ?? subjectAltName ?? 'nobody';
    const by = partOf(issuer, 'CN') ?? partOf(issuer, 'O') ?? 'nobody';
    lines.push(`certificate of ${name}, issued by ${by}, valid until ${validTo}`);
  }
  const why = authorizationError === undefined ? '' : `: ${authorizationError.message}`;
  return [...lines, authorized ? 'the certificate was verified' : `the certificate was NOT verified${why}`];
}

/** Of a distinguished name as `node:crypto` writes it: `O=Example\nCN=a.example`. */
function partOf(name: string, part: string): string | undefined {
  const line = name.split('\n').find((candidate) => candidate.startsWith(`${part}=`));
  return line?.slice(part.length + 1);
}
