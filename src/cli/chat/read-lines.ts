/** Lines of a stream, of bounded length. */
import { lines } from '../../framing/index.ts';

/** Bytes of a line that is read; the exchange takes far fewer. */
const LINE_MAX = 64 * 1024;

/**
 * The lines, the last also when nothing ends it.
 * @throws NetError `limit` for a line that is longer than 64 KiB
 */
export async function* readLines(input: NodeJS.ReadableStream): AsyncGenerator<string, void, undefined> {
  const framing = lines({ max: LINE_MAX, invalid: 'replace', unterminated: 'accept' });
  for await (const chunk of input) {
    framing.receive(typeof chunk === 'string' ? Buffer.from(chunk) : chunk, 0);
    for (let line = framing.next(); line !== null; line = framing.next()) yield line;
  }
  framing.receive(null, 0);
  for (let line = framing.next(); line !== null; line = framing.next()) yield line;
}
