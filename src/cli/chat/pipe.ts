/** The chat without a terminal: lines come in and are said, lines go out. */
import { type Abortable, NetError } from '../../core/index.ts';
import type { ChatClient, ChatEvent } from '../../service/chat/index.ts';
import { parseEntry } from './entry.ts';
import { type Face, JsonFace, TextFace } from './face.ts';
import { Format } from './format.ts';
import { perform } from './perform.ts';
import { readLines } from './read-lines.ts';

export interface PipeOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WriteStream;
  /** For what is about the connection and about mistakes. */
  readonly notes: NodeJS.WriteStream;
  readonly json: boolean;
  /** The exchange, as people know it. */
  readonly where: string;
  /** Makes the client; what it tells goes to `onEvent`. */
  create(onEvent: (event: ChatEvent) => void): ChatClient;
}

/**
 * Says what comes in, each line after the one before was confirmed, and leaves at its end.
 * @throws NetError when the chat ended before the input did, or not everything could be done; the reason of the signal
 */
export async function talkThroughPipe(options: PipeOptions, { signal }: Abortable): Promise<void> {
  const client: ChatClient = options.create((event) => face.event(event));
  const face = createFace(options, client);
  await client.connect();
  try {
    const failures = await Promise.race([
      sayAll(options.input, client, face),
      endOf(client),
      abortOf(signal),
    ]);
    await client.close({ signal });
    if (failures > 0) throw new NetError('refused', `${failures} lines of the input were not done`);
  } catch (error) {
    if (signal?.aborted) await client.close({ signal }).catch(() => {});
    client.abort();
    throw error;
  }
}

async function endOf(client: ChatClient): Promise<never> {
  throw (await client.closed) ?? new NetError('closed', 'The chat was closed');
}

function abortOf(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal?.reason);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
}

async function sayAll(input: NodeJS.ReadableStream, client: ChatClient, face: Face): Promise<number> {
  let failures = 0;
  for await (const line of readLines(input)) {
    const entry = parseEntry(line);
    if (entry?.kind === 'quit') break;
    if (entry !== null && !(await perform(entry, client, face))) failures++;
  }
  return failures;
}

function createFace(options: PipeOptions, client: ChatClient): Face {
  const { output, notes, where } = options;
  const print = (text: string): void => void output.write(`${text}\n`);
  if (options.json) return new JsonFace(print);
  return new TextFace(
    new Format(output, () => client),
    where,
    print,
    (text) => void notes.write(`${text}\n`),
  );
}
