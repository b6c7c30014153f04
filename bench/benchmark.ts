/** What a benchmark is: cases, the peers that each compares, and what is to be reached. */
import type { Child } from './child.ts';

/** How a peer's server is started, or why it cannot be. */
export type Launch =
  | {
      readonly argv: readonly string[];
      /** A port that the server cannot choose itself. */
      readonly port?: number | undefined;
      /** Left on all cores: what is measured is how it uses them. */
      readonly everywhere?: boolean | undefined;
    }
  | { readonly missing: string };

export interface Peer {
  readonly name: string;
  /** @param target where a relay leads */
  launch(target?: number): Launch;
}

/** One measurement: `value` in the unit of the case, and what else its columns show. */
export type Sample = Readonly<Record<string, number>> & { readonly value: number };

export interface Column {
  readonly key: string;
  readonly title: string;
  format(value: number): string;
}

/** `subject` compared with `against`, or by its own value where there is none. */
export interface Target {
  readonly subject: string;
  readonly against?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Case {
  readonly name: string;
  readonly unit: string;
  readonly peers: readonly Peer[];
  /** The peers that every other is compared with: a column of ratios each. */
  readonly subjects: readonly string[];
  readonly columns: readonly Column[];
  readonly targets: readonly Target[];
  measure(bench: Bench, peer: Peer): Promise<Sample>;
}

export interface Benchmark {
  readonly name: string;
  /** What is done, in a sentence. */
  readonly title: string;
  readonly cases: readonly Case[];
}

export interface LoadOptions {
  readonly mode: string;
  readonly connections: number;
  readonly size?: number;
  readonly depth?: number;
  readonly sources?: number;
  readonly hello?: string;
  readonly senders?: number;
  readonly pid?: number;
  readonly path?: string;
  /** In place of the usual load generator; it takes the same flags and prints the same lines. */
  readonly program?: readonly string[];
}

/** What a measurement has at hand. What it starts is stopped when it is over. */
export interface Bench {
  readonly smoke: boolean;
  start(launch: Launch): Promise<Server>;
  /** Starts the load generator and leaves it to the caller to talk with it. */
  startLoad(options: LoadOptions, port: number): Child;
  /** Waits for the load's result; the server's processor time is taken over what was counted. */
  finishLoad(load: Child, server: Server): Promise<Sample>;
}

export interface Server {
  readonly child: Child;
  readonly port: number;
}

/** The measurement that most cases make: start the server, load it, take the load's rate. */
export function loaded(options: LoadOptions): Case['measure'] {
  return async (bench, peer) => {
    const server = await bench.start(peer.launch());
    return bench.finishLoad(bench.startLoad(options, server.port), server);
  };
}
