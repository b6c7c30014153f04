/** The cores that servers and load are kept apart on. */
import { readFileSync } from 'node:fs';

/** The cores that this process may use, by number (proc(5), Cpus_allowed_list); none where it cannot be known. */
export function allowedCores(status = readStatus()): number[] {
  const list = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(status)?.[1] ?? '';
  return list.split(',').flatMap(expand);
}

/** `4` or `0-3` */
function expand(range: string): number[] {
  if (range === '') return [];
  const [first = 0, last = first] = range.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function readStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
