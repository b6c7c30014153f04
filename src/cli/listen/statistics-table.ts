/** The statistics of a server as a table for people. */
import type { Counts, Statistics } from '../../server/index.ts';

const COLUMNS = ['worker', 'state', 'pid', 'active', 'accepted', 'finished', 'failed', 'aborted', 'refused'];

/** A line of sums, then a line for each worker where there are any. */
export function statisticsTable(statistics: Statistics): string {
  const { architecture, queued, restarts, workers } = statistics;
  const sums = `${architecture}: ${statistics.active} active, ${queued} queued, ${formatCounts(statistics)}`;
  const lines = [`${sums}, ${restarts} restarts`];
  if (workers.length > 0) {
    const cells = workers.map(({ worker, state, pid, ...counts }) => [worker, state, pid, ...row(counts)]);
    lines.push(...align([COLUMNS, ...cells.map((line) => line.map(String))]));
  }
  return `${lines.join('\n')}\n`;
}

/** How those that were accepted have ended. */
export function formatCounts({ accepted, finished, failed, aborted, refused }: Counts): string {
  return `${accepted} accepted: ${finished} finished, ${failed} failed, ${aborted} aborted; ${refused} refused`;
}

function row({ active, accepted, finished, failed, aborted, refused }: Counts): number[] {
  return [active, accepted, finished, failed, aborted, refused];
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows.map((cells) => cells.map((cell, column) => cell.padStart(widths[column]!)).join('  '));
}
