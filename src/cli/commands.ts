/** The commands of the program, in the order of its help. Each file registers one. */
import type { Command } from 'commander';
import { registerChat } from './chat.ts';

export type Registration = (program: Command) => void;

export const commands: readonly Registration[] = [registerChat];
