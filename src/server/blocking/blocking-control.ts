/**
 * How the server reaches a thread that is blocked in poll(2): a word in shared memory says what is wanted, and two
 * descriptors, which are written once and never read, wake whoever polls them. It knows no connection.
 */
import { close, eventfd, eventfdSignal, kernelError } from '../../kernel/index.ts';

const RUNNING = 0;
const DRAINING = 1;
const STOPPING = 2;

/** What a thread gets of it. */
export interface ControlHandle {
  readonly word: Int32Array<SharedArrayBuffer>;
  /** Polls readable once the threads drain. */
  readonly drains: number;
  /** Polls readable once the threads stop. */
  readonly stops: number;
}

const open = new Set<Control>();
// This process waits for its threads when it ends, and cannot interrupt a system call.
process.once('exit', () => {
  for (const control of open) control.stop();
});

/** The server's side, for one thread or for many. */
export class Control {
  readonly handle: ControlHandle;
  #isClosed = false;

  /** @throws NetError when there is no descriptor left */
  constructor() {
    const drains = openEvent();
    try {
      this.handle = { word: new Int32Array(new SharedArrayBuffer(4)), drains, stops: openEvent() };
    } catch (error) {
      close(drains);
      throw error;
    }
    open.add(this);
  }

  /** The threads finish what they have. */
  drain(): void {
    const { word, drains } = this.handle;
    if (this.#isClosed) return;
    if (Atomics.compareExchange(word, 0, RUNNING, DRAINING) === RUNNING) eventfdSignal(drains);
  }

  /** The threads abort what they have. */
  stop(): void {
    const { word, drains, stops } = this.handle;
    if (this.#isClosed) return;
    const before = Atomics.exchange(word, 0, STOPPING);
    if (before === RUNNING) eventfdSignal(drains);
    if (before !== STOPPING) eventfdSignal(stops);
  }

  /** Once no thread is left; the numbers are then others'. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    open.delete(this);
    close(this.handle.drains);
    close(this.handle.stops);
  }
}

/** The thread's side. */
export class Interrupt {
  readonly #handle: ControlHandle;
  #hasSeen = false;
  /** Called within the `look` that first sees that the threads drain. */
  onDrain: () => void = () => {};

  constructor(handle: ControlHandle) {
    this.#handle = handle;
  }

  get isDraining(): boolean {
    return Atomics.load(this.#handle.word, 0) !== RUNNING;
  }

  get isStopping(): boolean {
    return Atomics.load(this.#handle.word, 0) === STOPPING;
  }

  /** Whether `look` has seen that the threads drain. */
  get hasSeen(): boolean {
    return this.#hasSeen;
  }

  /** What wakes a wait that is to hear of the drain. */
  get news(): number {
    return this.#hasSeen ? this.#handle.stops : this.#handle.drains;
  }

  /** What wakes every wait. */
  get end(): number {
    return this.#handle.stops;
  }

  look(): void {
    if (this.#hasSeen || !this.isDraining) return;
    this.#hasSeen = true;
    this.onDrain();
  }
}

function openEvent(): number {
  const fd = eventfd();
  if (fd < 0) throw kernelError(fd, 'Cannot make an event to wake threads with');
  return fd;
}
