/** The body of an answer that goes on, as what a listener writes into. */
import { PENDING_HIGH } from '../../../core/index.ts';
import { Refusal } from '../refusal.ts';
import type { EventLine } from './event-listener.ts';

export interface EventStreamOptions {
  /** There is room again. */
  readonly onDrain: () => void;
  /** The stream is over, whoever ended it. Called once. */
  readonly onEnd: () => void;
}

export class EventStream implements EventLine {
  readonly body: ReadableStream<Uint8Array>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #options: EventStreamOptions;
  #isWaiting = false;
  #isOver = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pulled(),
        cancel: () => this.#finish(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: PENDING_HIGH }),
    );
  }

  get pending(): number {
    return this.#isOver ? 0 : PENDING_HIGH - (this.#controller.desiredSize ?? PENDING_HIGH);
  }

  push(pieces: readonly Uint8Array[]): boolean {
    if (this.#isOver) return false;
    for (const piece of pieces) this.#controller.enqueue(piece);
    this.#isWaiting = (this.#controller.desiredSize ?? 0) <= 0;
    return !this.#isWaiting;
  }

  end(): void {
    if (this.#isOver) return;
    this.#controller.close();
    this.#finish();
  }

  abort(reason: string): void {
    if (this.#isOver) return;
    this.#controller.error(new Refusal('limit', reason));
    this.#finish();
  }

  #pulled(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.#options.onDrain();
  }

  #finish(): void {
    this.#isOver = true;
    this.#options.onEnd();
  }
}
