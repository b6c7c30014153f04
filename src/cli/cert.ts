/** `modnet cert`: a certificate authority of one's own, and certificates from it. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { NetError } from '../core/index.ts';
import {
  type CertificateFiles,
  certificateFiles,
  type IssuedCertificate,
  type IssueRequest,
  LEAF_DAYS,
  LocalAuthority,
  MAX_LEAF_DAYS,
  parseSubjectName,
  refuseExisting,
  writeCertificate,
} from '../transport/tls/index.ts';
import { baseName } from './cert/base-name.ts';
import { registerShow } from './cert/show.ts';
import { tellAuthority, tellIssued, tellNew } from './cert/tell.ts';

const EXAMPLES = `
Names are domains (box.local, *.box.local) and addresses. The authority is made when it is first needed, in
$MODNET_CERTS or ~/.local/share/modnet/authority. It vouches for private names only (localhost, .local, .test,
.internal, private networks …), and nothing trusts it until somebody says so: modnet cert authority tells how.

Examples:
  $ modnet cert                                      localhost.pem and localhost-key.pem, for this machine
  $ modnet cert box.local '*.box.local' 192.168.1.7 --out certs
  $ modnet cert localhost --hours 12                 one for today
  $ modnet cert client alice                         a client that proves who it is (mutual TLS)
  $ modnet cert authority                            where the authority is, and how to have it trusted
  $ modnet cert show localhost.pem                   what is in a file
  $ modnet cert show https://127.0.0.1:8443          what a server shows

Exit codes:
  0  done   1  failed; of show also: not valid now, or not trusted   2  wrong usage`;

const AUTHORITY_EXAMPLES = `
The authority is made when it is not there. What it may vouch for is decided then, and for good: beside private names
and this machine's, what --permit adds. "--permit any" is for everything; whoever gets hold of such a key can pass for any
site before those who trust it.

Examples:
  $ modnet cert authority
  $ modnet cert authority --dir ~/company-ca --permit dev.example.com --permit 203.0.113.0/24
  $ curl --cacert "$(modnet cert authority --json | jq -r .certificate)" https://localhost:8443/`;

const CLIENT_EXAMPLES = `
NAME becomes the common name; an e-mail address or a URI (spiffe://…) is held as such as well.

Examples:
  $ modnet cert client alice
  $ modnet cert client deploy@box.local --hours 1 --out /run/deploy
  $ curl --cert alice.pem --key alice-key.pem …`;

interface IssueOptions {
  readonly dir?: string;
  readonly out: string;
  readonly days?: number;
  /** In days. */
  readonly hours?: number;
  readonly force?: boolean;
  readonly json?: boolean;
}

interface AuthorityCommandOptions {
  readonly dir?: string;
  readonly permit?: readonly string[];
  readonly json?: boolean;
}

export function registerCert(program: Command): void {
  const command = program
    .command('cert')
    .description('certificates from an authority of your own, for localhost and private names')
    // What stands behind a subcommand is the subcommand's.
    .enablePositionalOptions()
    .argument('[names...]', 'what the certificate is for (default: localhost 127.0.0.1 ::1)');
  addIssueOptions(command).addHelpText('after', EXAMPLES).action(issueServer);
  addIssueOptions(command.command('client').description('a certificate with which a client proves who it is'))
    .argument('<name>', 'who it is: a name, an e-mail address or a URI')
    .addHelpText('after', CLIENT_EXAMPLES)
    .action(issueClient);
  command
    .command('authority')
    .description('where the authority is, and how to have it trusted')
    .option('--dir <directory>', 'where the authority lies')
    .option('--permit <name>', 'a new one may vouch for this too; repeatable', collect)
    .option('--json', 'as JSON')
    .addHelpText('after', AUTHORITY_EXAMPLES)
    .action(showAuthority);
  registerShow(command);
  for (const sub of command.commands) sub.showHelpAfterError(`(modnet cert ${sub.name()} --help shows how)`);
}

function addIssueOptions(command: Command): Command {
  return command
    .option('--out <directory>', 'where the files go', '.')
    .option(
      '--days <count>',
      `how long it holds (default: ${LEAF_DAYS}, at most ${MAX_LEAF_DAYS})`,
      parseDays,
    )
    .addOption(
      new Option('--hours <count>', 'the same for a short life').argParser(parseHours).conflicts('days'),
    )
    .option('--dir <directory>', 'where the authority lies')
    .option('--force', 'replace files that are there')
    .option('--json', 'as JSON');
}

async function issueServer(names: string[], options: IssueOptions): Promise<void> {
  const wanted = names.length === 0 ? ['localhost', '127.0.0.1', '::1'] : names;
  const base = baseName(parseSubjectName(wanted[0]!).value, wanted.length);
  await issue({ names: wanted }, base, options);
}

async function issueClient(name: string, options: IssueOptions): Promise<void> {
  const isSubject = name.includes('@') || name.includes('://');
  const names = isSubject ? [name] : [];
  const commonName = isSubject ? undefined : name;
  await issue({ names, commonName, client: true }, baseName(name, 1), options);
}

async function issue(request: IssueRequest, base: string, options: IssueOptions): Promise<void> {
  if (!options.force) await refuseExisting(certificateFiles(options.out, base));
  const authority = await LocalAuthority.open(options.dir);
  const issued = await authority.issue({ ...request, days: options.hours ?? options.days });
  const files = await writeCertificate(issued, options.out, base, options);
  if (options.json) process.stdout.write(`${JSON.stringify(jsonOf(issued, files, authority))}\n`);
  else tellIssued(issued, files, authority, request);
}

function jsonOf(issued: IssuedCertificate, files: CertificateFiles, authority: LocalAuthority): object {
  const { names, notBefore, notAfter, fingerprint } = issued;
  return { names, ...files, authority: authority.path, notBefore, notAfter, fingerprint };
}

async function showAuthority(options: AuthorityCommandOptions): Promise<void> {
  const permit = options.permit?.includes('any') ? 'any' : options.permit;
  const authority = await LocalAuthority.open(options.dir, { permit });
  if (!authority.isNew && options.permit !== undefined)
    throw new NetError(
      'refused',
      `The authority in ${authority.directory} is there already and keeps what it may vouch for; ` +
        'name another directory with --dir',
    );
  const { path: certificate, directory, scope, isNew } = authority;
  const {
    validFromDate: notBefore,
    validToDate: notAfter,
    fingerprint256: fingerprint,
  } = authority.certificate;
  const json = { certificate, directory, isNew, permitted: scope ?? 'any', notBefore, notAfter, fingerprint };
  if (options.json) {
    process.stdout.write(`${JSON.stringify(json)}\n`);
    return;
  }
  tellNew(authority);
  tellAuthority(authority);
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function parseDays(text: string): number {
  const days = Number(text);
  if (/^\d{1,4}(\.\d+)?$/.test(text) && days > 0 && days <= MAX_LEAF_DAYS) return days;
  throw new InvalidArgumentError(
    `"${text}" is no number of days; write more than 0, at most ${MAX_LEAF_DAYS}.`,
  );
}

function parseHours(text: string): number {
  const hours = Number(text);
  if (/^\d{1,5}(\.\d+)?$/.test(text) && hours > 0 && hours / 24 <= MAX_LEAF_DAYS) return hours / 24;
  throw new InvalidArgumentError(
    `"${text}" is no number of hours; write more than 0, at most ${MAX_LEAF_DAYS * 24}.`,
  );
}
