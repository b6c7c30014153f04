/** Every way to have workers that accept, as tests try them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe } from 'node:test';
import { kernelAvailable } from '../../kernel/index.ts';
import type { ServeOptions } from '../index.ts';
import { Trial } from './test-trial.ts';

export const LIMIT = { timeout: 60_000, skip: !kernelAvailable() && 'needs Linux' };
export const WORKERS = 2;
/** Clients at a time of a load. */
export const LOOPS = 4;

/** For what the tests of one file need. */
export const folder = mkdtempSync(join(tmpdir(), 'modnet-crews-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

const TCP = (): string => 'tcp://127.0.0.1:0';
const UNIX = (): string => `unix://${folder}/${++made}.sock`;

const CREWS: Readonly<Record<string, readonly [ServeOptions, () => string]>> = {
  'prefork over tcp': [{ architecture: 'prefork' }, TCP],
  'prefork over unix': [{ architecture: 'prefork' }, UNIX],
  'hybrid in threads over tcp': [{ architecture: 'hybrid' }, TCP],
  'hybrid in threads over unix': [{ architecture: 'hybrid' }, UNIX],
  'hybrid in threads, a socket each': [{ architecture: 'hybrid', listener: 'reuseport' }, TCP],
  'hybrid in processes over tcp': [{ architecture: 'hybrid', isolation: 'processes' }, TCP],
  'hybrid in processes, a socket each': [
    { architecture: 'hybrid', isolation: 'processes', listener: 'reuseport' },
    TCP,
  ],
};

export interface CrewOnTrial {
  readonly options: ServeOptions;
  readonly isThreads: boolean;
  open(handler: URL | string, more?: ServeOptions): Promise<Trial>;
}

/** Declares the tests for each of them. */
export function describeCrews(declare: (crew: CrewOnTrial) => void): void {
  for (const [name, [options, address]] of Object.entries(CREWS)) {
    const isThreads = options.architecture === 'hybrid' && options.isolation === undefined;
    const open = (handler: URL | string, more: ServeOptions = {}): Promise<Trial> =>
      Trial.open(handler, { workers: WORKERS, ...options, ...more }, address());
    describe(name, () => declare({ options, isThreads, open }));
  }
}

export function allReady(workers: readonly { readonly state: string }[]): boolean {
  return workers.length === WORKERS && workers.every(({ state }) => state === 'ready');
}
