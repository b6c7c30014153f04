/** The signals that operators of servers know, as calls of the server. Precedent: Apache, Unicorn. */
import type { Crew } from './crew.ts';
import { type Server, serverEvents } from './server.ts';

/** Ms in which a repeated signal counts as the same one: Ctrl-C reaches a whole process group, and npm forwards it. */
const SAME_SIGNAL = 300;

/** Until the function that it returns is called. */
export function handleSignals(server: Server, crew: Crew): () => void {
  let asked: number | undefined;
  const stop = (): void => {
    const now = performance.now();
    if (asked === undefined) void server.drain();
    else if (now - asked > SAME_SIGNAL) server.abort();
    asked ??= now;
  };
  const change = (begin: () => Promise<void>): void => {
    begin().catch((error: Error) =>
      serverEvents.publish({ server, event: 'trouble', message: error.message, error }),
    );
  };
  const by = (count: number) => (): void => change(() => server.resize((crew.size ?? 0) + count));
  const handlers: [NodeJS.Signals, () => void][] = [
    ['SIGTERM', stop],
    ['SIGINT', stop],
  ];
  // Without workers, what the system does with these signals is as good as anything.
  if (crew.reload !== undefined) handlers.push(['SIGHUP', () => change(() => server.reload())]);
  if (crew.resize !== undefined) handlers.push(['SIGTTIN', by(1)], ['SIGTTOU', by(-1)]);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
