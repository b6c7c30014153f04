/** The commands of the program, in the order of its help. Each is loaded when it is called, or when the help lists all. */
import type { Command } from 'commander';

export type Registration = (program: Command) => void;

/** By the name of the command, what loads its registration. */
export const commands: ReadonlyMap<string, () => Promise<Registration>> = new Map([
  ['up', async () => (await import('./up.ts')).registerUp],
  ['listen', async () => (await import('./listen.ts')).registerListen],
  ['connect', async () => (await import('./connect.ts')).registerConnect],
  ['relay', async () => (await import('./relay.ts')).registerRelay],
  ['serve', async () => (await import('./serve.ts')).registerServe],
  ['get', async () => (await import('./get.ts')).registerGet],
  ['call', async () => (await import('./call.ts')).registerCall],
  ['chat', async () => (await import('./chat.ts')).registerChat],
  ['cert', async () => (await import('./cert.ts')).registerCert],
  ['bench', async () => (await import('./bench.ts')).registerBench],
  ['lab', async () => (await import('./lab.ts')).registerLab],
]);
