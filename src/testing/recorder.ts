/** A receiver that writes down, in words, what it is told and when. */
import type { Bytes, Receiver } from '../core/contract.ts';

export class Recorder implements Receiver {
  readonly log: string[] = [];
  onEvent: (event: string) => void = () => {};

  onData(chunk: Bytes): void {
    this.#note(`data ${Buffer.from(chunk)}`);
  }
  onEnd(): void {
    this.#note('end');
  }
  onDrain(): void {
    this.#note('drain');
  }
  /** The name of the system's error, else the code, else the words. */
  onClose(reason?: Error & { errno?: string; code?: string }): void {
    this.#note(`close ${reason?.errno ?? reason?.code ?? reason?.message ?? 'clean'}`);
  }
  #note(event: string): void {
    this.log.push(event);
    this.onEvent(event);
  }
}
