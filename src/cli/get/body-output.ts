/** Where the body goes: standard output, a terminal, a file, or nowhere. */
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { NetError, systemError } from '../../core/index.ts';
import { TerminalText } from './terminal-text.ts';

export interface BodyOutput {
  /** Resolves when there is room for more. */
  write(data: Uint8Array | string): Promise<void>;
  /** Resolves when all has left. */
  end(): Promise<void>;
}

/** @throws NetError when the file cannot be written; while it is opened or later */
export function fileOutput(path: string): BodyOutput {
  const stream = createWriteStream(path);
  const failed = new Promise<never>((_, reject) => {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      reject(systemError(error.code ?? 'EIO', `Cannot write to ${path}`, { cause: error }));
    });
  });
  failed.catch(() => {});
  return {
    write: (data) => Promise.race([failed, writeTo(stream, data)]),
    end: () => Promise.race([failed, new Promise<void>((resolve) => stream.end(resolve))]),
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
