/** The commands of the program, in the order of its help. Each file registers one. */
import type { Command } from 'commander';
import { registerBench } from './bench.ts';
import { registerCert } from './cert.ts';
import { registerChat } from './chat.ts';
import { registerConnect } from './connect.ts';
import { registerGet } from './get.ts';
import { registerLab } from './lab.ts';
import { registerListen } from './listen.ts';
import { registerRelay } from './relay.ts';
import { registerServe } from './serve.ts';
import { registerUp } from './up.ts';

export type Registration = (program: Command) => void;

export const commands: readonly Registration[] = [
  registerUp,
  registerListen,
  registerConnect,
  registerRelay,
  registerServe,
  registerGet,
  registerChat,
  registerCert,
  registerBench,
  registerLab,
];
