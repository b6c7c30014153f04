/** Does what the first line of the client says, so that a test decides how a connection goes. */
import type { HalfCloseable } from '../../../core/contract.ts';
import type { Context } from '../../../server/handler.ts';
import echo from './echo.ts';
import pushEcho from './push-echo.ts';

type Act = (connection: HalfCloseable, context: Context) => Promise<void>;

const ACTS: Readonly<Record<string, Act>> = {
  /** Echoes. */
  echo: begun(echo),
  /** Echoes on the push level. */
  push: begun(pushEcho),
  /** Says what its context is, as JSON. */
  async context(connection, { architecture, worker, signal, shared }) {
    const words = JSON.stringify({ architecture, worker, aborted: signal.aborted, shared });
    await connection.write(new TextEncoder().encode(`${words}\n`));
  },
  /** Answers each chunk with whether the server drains, and returns when it does. */
  work: begun(async (connection, { signal }) => {
    for await (const _ of connection) {
      await connection.write(new TextEncoder().encode(signal.aborted ? 'last\n' : 'more\n'));
      if (signal.aborted) return;
    }
  }),
  /** Waits for a drain and nothing else. */
  wait: begun((_, { signal }) => aborted(signal)),
  /** Never returns. */
  never: begun(() => new Promise(() => {})),
  /** Returns at once and leaves the connection open. */
  return: begun(async () => {}),
  reject: begun(() => Promise.reject(new Error('The handler was asked to reject'))),
  exit: begun(async () => process.exit(7)),
  /** Fails where no promise sees it. */
  crash: begun(() => {
    queueMicrotask(() => {
      throw new Error('The handler was asked to crash');
    });
    return new Promise(() => {});
  }),
};

export default async function scripted(connection: HalfCloseable, context: Context): Promise<void> {
  const line = await readLine(connection);
  const act = ACTS[line];
  if (act === undefined) throw new Error(`The script has no act "${line}"`);
  await act(connection, context);
}

/** Tells the client that the handler runs, and in which worker. */
function begun(act: Act): Act {
  return async (connection, context) => {
    await connection.write(new TextEncoder().encode(`begun ${context.worker}\n`));
    await act(connection, context);
  };
}

/** Byte by byte nothing is lost: the client sends on only when it has read `begun`. */
async function readLine(connection: HalfCloseable): Promise<string> {
  let line = '';
  while (!line.endsWith('\n')) {
    const chunk = await connection.read();
    if (chunk === null) throw new Error(`The client ended after "${line}"`);
    line += Buffer.from(chunk);
  }
  return line.trimEnd();
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
