/** Where the body goes: standard output, a terminal, a file, or nowhere. */
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { NetError, systemError } from '../../core/index.ts';
import { TerminalText } from './terminal-text.ts';

export interface BodyOutput {
  /** Resolves when there is room for more. */
  write(data: Uint8Array | string): Promise<void>;
  /** Resolves when all has left. */
  end(): Promise<void>;
}

/** @throws NetError when the file cannot be opened; later, when it cannot be written */
export async function fileOutput(path: string): Promise<BodyOutput> {
  const told = (error: unknown): Error => {
    const { code = 'EIO' } = error as NodeJS.ErrnoException;
    return systemError(code, `Cannot write to ${path}`, { hint: 'give another file', cause: error });
  };
  const file = await open(path, 'w').catch((error) => {
    throw told(error);
  });
  const run = <T>(work: Promise<T>): Promise<void> =>
    work.then(
      () => {},
      (error) => Promise.reject(told(error)),
    );
  return {
    write: (data) => run(file.writeFile(data)),
    end: () => run(file.close()),
  };
}

/** As it is. */
export function streamOutput(stream: Writable): BodyOutput {
  return { write: (data) => writeTo(stream, data), async end() {} };
}

/** For people: text without what a terminal would obey. What is no text is refused. */
export function terminalOutput(stream: Writable, charset: string | undefined): BodyOutput {
  const text = new TerminalText(charset);
  return {
    write: (data) => writeTo(stream, typeof data === 'string' ? data : text.write(data)),
    end: () => writeTo(stream, text.end()),
  };
}

export const noOutput: BodyOutput = { async write() {}, async end() {} };

function writeTo(stream: Writable, data: Uint8Array | string): Promise<void> {
  if (data.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    if (stream.destroyed) reject(new NetError('closed', 'Nobody reads the output any more'));
    else if (stream.write(data)) resolve();
    else stream.once('drain', resolve);
  });
}
