/** The messages that are sent, from the command line or from standard input. */
import { createInterface } from 'node:readline';
import { type DescMessage, fromJson, type Message, type Registry } from '@bufbuild/protobuf';
import { NetError } from '../../core/index.ts';

/** Characters of a line of standard input: twice what a message may have, in JSON. */
const MAX_LINE = 16 * 1024 * 1024;

/** @throws NetError `protocol` (fault `local`) for what is no JSON, or not of this message */
export function parseMessage(type: DescMessage, text: string, registry: Registry, where: string): Message {
  try {
    return fromJson(type, JSON.parse(text), { registry });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new NetError('protocol', `${where} is no ${type.typeName}: ${words}`, {
      fault: 'local',
      cause: error,
    });
  }
}

/** One for each line that is not empty, as it comes. */
export async function* messagesOfInput(
  type: DescMessage,
  registry: Registry,
  signal: AbortSignal,
): AsyncGenerator<Message> {
  let number = 0;
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity, signal });
  for await (const line of lines) {
    number++;
    if (line.length > MAX_LINE)
      throw new NetError('limit', `Line ${number} has more than ${MAX_LINE} characters`);
    if (line.trim() !== '') yield parseMessage(type, line, registry, `line ${number}`);
  }
  signal.throwIfAborted();
}
