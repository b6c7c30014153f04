/**
 * What an experiment found, as data: the same value is printed on the terminal, written as JSON and drawn on the page. It
 * does not know how any of them look.
 */

/** One experiment's answer. */
export interface Finding {
  /** As on the command line: `pollers`. */
  readonly name: string;
  readonly title: string;
  /** What it set out to see, in a sentence or two for somebody who has not read the source. */
  readonly question: string;
  /** How it was measured, a sentence each: what ran where, for how long, and what a figure is the median of. */
  readonly method: readonly string[];
  readonly parts: readonly Part[];
}

export type Part = Table | Bars | Lines | Words;

export interface Table {
  readonly kind: 'table';
  readonly title: string;
  readonly columns: readonly Column[];
  /** A cell a column; `null` is shown as a dash. */
  readonly rows: readonly (readonly Cell[])[];
  readonly note?: string | undefined;
}

export interface Column {
  readonly name: string;
  readonly unit?: Unit | undefined;
}

export type Cell = string | number | null;

/** One value a name. The longest bar is the largest value; the order is the experiment's. */
export interface Bars {
  readonly kind: 'bars';
  readonly title: string;
  /** What the value is: `wall time`. */
  readonly label: string;
  readonly unit: Unit;
  readonly bars: readonly Bar[];
  readonly note?: string | undefined;
}

export interface Bar {
  readonly name: string;
  /** `null`: it could not be measured; `note` says why. */
  readonly value: number | null;
  /** Shown below the bar: why it is as it is. */
  readonly note?: string | undefined;
}

/** Several series over one axis. */
export interface Lines {
  readonly kind: 'lines';
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly note?: string | undefined;
}

export interface Axis {
  readonly label: string;
  readonly unit: Unit;
  readonly scale: 'linear' | 'log';
}

export interface Series {
  readonly name: string;
  /** By rising x. A `null` is a gap. */
  readonly points: readonly (readonly [x: number, y: number | null])[];
}

/** Paragraphs between the others. */
export interface Words {
  readonly kind: 'words';
  readonly title: string;
  readonly paragraphs: readonly string[];
}

/** What a number counts; renderers choose the scale (`1.2 ms`, `34 k/s`, `16 KiB`). `''` is a plain number. */
export type Unit = 's' | 'bytes' | 'per second' | 'bytes per second' | '%' | '';

/** One experiment. */
export interface Experiment {
  readonly name: string;
  /** One line for the help. */
  readonly about: string;
  /** About how long it takes, in seconds, in full and with `quick`. */
  readonly seconds: { readonly full: number; readonly quick: number };
  run(options: ExperimentOptions): Promise<Finding>;
}

export interface ExperimentOptions {
  /** Fewer points and shorter measurements: the order of the results stays, their precision does not. */
  readonly quick: boolean;
  /** Ends it early: `run` then rejects with the signal's reason, and nothing that it started goes on. */
  readonly signal: AbortSignal;
  /** Called when a step begins. */
  progress(done: number, of: number, what: string): void;
}
