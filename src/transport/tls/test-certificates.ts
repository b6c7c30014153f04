/** Certificates for tests, made once a process by the authority of this folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY, type IssueRequest, LocalAuthority } from './authority/index.ts';

export interface TestCertificate {
  /** PEM: the certificate and those behind it. */
  readonly cert: string;
  readonly key: string;
}

export interface TestAuthority {
  /** PEM of the authority. */
  readonly ca: string;
  readonly directory: string;
  /** @param at when it is issued, in ms from now */
  issue(request: IssueRequest, at?: number): Promise<TestCertificate>;
  /** Writes PEM into a file, and returns its path. */
  file(name: string, pem: string): string;
}

let shared: Promise<TestAuthority> | undefined;

/** The one of this process. */
export function testAuthority(): Promise<TestAuthority> {
  shared ??= makeAuthority();
  return shared;
}

/** Another, which nobody trusts. */
export async function makeAuthority(): Promise<TestAuthority> {
  const directory = mkdtempSync(join(tmpdir(), 'modnet-tls-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  let shift = 0;
  // Two hundred days old: certificates of yesterday can be issued today.
  const now = (): number => Date.now() + shift;
  shift = -200 * DAY;
  const authority = await LocalAuthority.open(join(directory, 'authority'), { permit: 'any', now });
  return {
    ca: authority.cert,
    directory,
    async issue(request, at = 0) {
      shift = at;
      const { cert, key } = await authority.issue(request);
      return { cert, key };
    },
    file(name, pem) {
      const path = join(directory, name);
      writeFileSync(path, pem);
      return path;
    },
  };
}
