/** What `modnet cert` tells people. */
import { printable } from '../../bytes/index.ts';
import type {
  CertificateFiles,
  IssuedCertificate,
  IssueRequest,
  LocalAuthority,
} from '../../transport/tls/index.ts';
import { paint } from '../style.ts';
import { shellQuote, trustHints } from './trust-hints.ts';

/** That the authority did not exist before, on standard error: it happens by the way. */
export function tellNew(authority: LocalAuthority): void {
  if (authority.isNew) note(`made a new authority in ${authority.directory}`);
}

export function tellIssued(
  issued: IssuedCertificate,
  files: CertificateFiles,
  authority: LocalAuthority,
  request: IssueRequest,
): void {
  tellNew(authority);
  const subject = request.commonName ?? issued.names.join(', ');
  rows([
    [request.client ? 'client' : 'names', subject],
    ['certificate', files.certificate],
    ['key', files.key],
    ['authority', authority.path],
    ['valid until', issued.notAfter.toISOString()],
    ['fingerprint', issued.fingerprint],
  ]);
  const [cert, key] = [shellQuote(files.certificate), shellQuote(files.key)];
  if (!request.client) note('modnet cert authority tells how to have it trusted');
  else if (process.stderr.isTTY)
    note(`for a browser: openssl pkcs12 -export -in ${cert} -inkey ${key} -out client.p12`);
}

export function tellAuthority(authority: LocalAuthority): void {
  const { certificate, scope } = authority;
  rows([
    ['authority', certificate.subject.replace(/^CN=/, '')],
    ['certificate', authority.path],
    ['valid until', certificate.validToDate.toISOString()],
    ['fingerprint', certificate.fingerprint256],
    ['vouches for', scope?.join(', ') ?? 'anything: keep its key safe'],
  ]);
  process.stdout.write(`\n${trustHints(authority.path, certificate.fingerprint256)}`);
}

/** A table of two columns on standard output. */
export function rows(table: readonly (readonly [name: string, value: string])[]): void {
  const width = Math.max(...table.map(([name]) => name.length)) + 2;
  for (const [name, value] of table)
    process.stdout.write(`${paint('dim', name.padEnd(width))}${printable(value)}\n`);
}

function note(words: string): void {
  process.stderr.write(`${paint('dim', printable(words), process.stderr)}\n`);
}
