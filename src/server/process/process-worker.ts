/** Inside a process of the server: its life between the first word of its parent and its exit. */
import { close, mapSharedMemory } from '../../kernel/index.ts';
import { LoopWorker } from '../loop/loop-worker.ts';
import { type Brief, MEMORY_FD, SOCKET_FD, type ToServer, type ToWorker } from '../workers/brief.ts';
import { keepCompiled } from '../workers/compile-cache.ts';
import { Scoreboard } from '../workers/scoreboard.ts';
import { SingleWorker } from './single-worker.ts';

/** A terminal sends them to the whole group; what they mean is the parent's to decide. */
const OF_THE_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGHUP', 'SIGTTIN', 'SIGTTOU'];

/** Ms until a process that was told nothing ends. */
const LONELY = 10_000;

/** Ms that the last words to a parent that does not listen may take. */
const LAST_WORDS = 1_000;

interface Life {
  open(): Promise<void>;
  drain(timeout: number, last: boolean): void;
}

let unsent = 0;
let exitCode: number | undefined;

export function runProcess(): void {
  for (const signal of OF_THE_TERMINAL) process.on(signal, () => {});
  const lonely = setTimeout(() => process.exit(1), LONELY);
  let life: Life | undefined;
  let drainTimeout = 0;
  const leave = (): void => (life === undefined ? process.exit(1) : life.drain(drainTimeout, false));
  process.on('SIGTERM', leave);
  // The parent is gone.
  process.on('disconnect', leave);
  process.on('message', (message: ToWorker) => {
    if (message.modnet === 'drain') life?.drain(message.timeout, message.last);
    if (message.modnet !== 'brief') return;
    clearTimeout(lonely);
    drainTimeout = message.brief.drainTimeout;
    life = begin(message.brief);
    void life.open().then(keepCompiled);
  });
}

function begin(brief: Brief): Life {
  const buffer = mapSharedMemory(MEMORY_FD, Scoreboard.bytes(brief));
  close(MEMORY_FD);
  const common = { brief, buffer, fd: SOCKET_FD, tell, end };
  if (brief.task.kind !== 'accept') return new SingleWorker(common);
  return new LoopWorker({ ...common, cookies: false, onAccepted: () => close(SOCKET_FD) });
}

function tell(message: ToServer): void {
  if (!process.connected) return;
  unsent++;
  process.send?.(message, () => {
    unsent--;
    exitWhenTold();
  });
}

function end(code: number): void {
  exitCode = code;
  setTimeout(() => process.exit(code), LAST_WORDS);
  exitWhenTold();
}

function exitWhenTold(): void {
  if (exitCode !== undefined && unsent === 0) process.exit(exitCode);
}
