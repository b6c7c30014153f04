/** One measurement: a poller watches connections, some of them become readable, and the time until all are served is taken. */
import { NetError } from '../../../../core/index.ts';
import { FD_SETSIZE } from '../../../../kernel/index.ts';
import {
  EpollPoller,
  type IoHandler,
  ON_CHANGE,
  type Poller,
  type PollerName,
  PollPoller,
  READABLE,
  SelectPoller,
} from '../../../../loop/index.ts';
import { Watches } from '../../../../loop/watches.ts';
import { median } from '../../median.ts';
import type { Field } from './field.ts';
import type { Contender } from './plan.ts';

const POLLERS: Readonly<Record<PollerName, new () => Poller>> = {
  select: SelectPoller,
  poll: PollPoller,
  epoll: EpollPoller,
};

/** Rounds before the clock counts: the first of them compile, and touch memory for the first time. */
const WARM_UP = 3;
const LEAST_ROUNDS = 5;
const MOST_ROUNDS = 2_000;

/** Waits of one round without any event, after which something is wrong: what was written is readable at once. */
const EMPTY_WAITS = 1_000;

export interface Block {
  readonly connections: number;
  readonly active: number;
  /** Milliseconds that the rounds take together, at least. */
  readonly time: number;
}

/** Seconds, medians of the rounds. */
export interface Timing {
  readonly round: number;
  readonly wait: number;
}

/** Whether a poller can watch these descriptors at all. */
export function canWatch({ poller }: Contender, fds: readonly number[]): boolean {
  return poller !== 'select' || fds.every((fd) => fd < FD_SETSIZE);
}

export function measure(contender: Contender, field: Field, block: Block): Timing {
  const contest = new Contest(contender, field, block);
  try {
    return contest.run();
  } finally {
    contest.close();
  }
}

class Contest {
  readonly #watches: Watches;
  readonly #field: Field;
  readonly #block: Block;
  #served = 0;
  #turn = 0;
  #waited = 0;

  constructor({ poller, onChange }: Contender, field: Field, block: Block) {
    this.#watches = new Watches(new POLLERS[poller]());
    this.#field = field;
    this.#block = block;
    const interest = onChange ? READABLE | ON_CHANGE : READABLE;
    for (const fd of field.watched.slice(0, block.connections)) {
      this.#watches.watch(fd, interest, this.#reader(fd));
    }
  }

  run(): Timing {
    for (let round = 0; round < WARM_UP; round++) this.#round();
    const rounds: number[] = [];
    const waits: number[] = [];
    const end = performance.now() + this.#block.time;
    while (rounds.length < LEAST_ROUNDS || (rounds.length < MOST_ROUNDS && performance.now() < end)) {
      rounds.push(this.#round() / 1000);
      waits.push(this.#waited / 1000);
    }
    return { round: median(rounds), wait: median(waits) };
  }

  close(): void {
    this.#watches.close();
  }

  #reader(fd: number): IoHandler {
    return {
      onReady: () => {
        this.#field.read(fd);
        this.#served++;
      },
    };
  }

  /** Milliseconds from the wait until everything that was written is read. */
  #round(): number {
    const { active } = this.#block;
    this.#activate();
    this.#served = 0;
    this.#waited = 0;
    const started = performance.now();
    for (let waits = 0; this.#served < active; waits++) {
      if (waits > active + EMPTY_WAITS)
        throw new NetError('broken', 'A poller did not report all that is ready');
      const before = performance.now();
      const count = this.#watches.wait(0);
      this.#waited += performance.now() - before;
      this.#watches.dispatch(count);
    }
    return performance.now() - started;
  }

  /** Others in each round, spread over all of them: what a poller remembers of the last round must not help it. */
  #activate(): void {
    const { connections, active } = this.#block;
    const first = this.#turn++;
    for (let index = 0; index < active; index++) {
      this.#field.activate((first + Math.floor((index * connections) / active)) % connections);
    }
  }
}
