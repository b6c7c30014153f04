/** Whether a client would rather have one type than another (RFC 9110, section 12.5.1), for the two or three that we have. */

/** Elements of one header that are read. */
const MAX_ELEMENTS = 64;

/**
 * The first of `types` among those that the client weighs highest.
 * @param header of `Accept`; without one it takes anything
 * @returns undefined when it takes none of them
 */
export function chooseType<T extends string>(header: string | null, types: readonly T[]): T | undefined {
  if (header === null) return types[0];
  const ranges = header.split(',', MAX_ELEMENTS).map(readRange);
  let best: T | undefined;
  let highest = 0;
  for (const type of types) {
    const weight = weigh(type, ranges);
    if (weight > highest) [best, highest] = [type, weight];
  }
  return best;
}

interface MediaRange {
  readonly range: string;
  readonly weight: number;
}

function readRange(element: string): MediaRange {
  const [range = '', ...parameters] = element.split(';').map((part) => part.trim().toLowerCase());
  const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  return { range, weight: weight >= 0 && weight <= 1 ? weight : 0 };
}

/** The most specific range counts. */
function weigh(type: string, ranges: readonly MediaRange[]): number {
  for (const wanted of [type, `${type.split('/')[0]}/*`, '*/*']) {
    const match = ranges.find(({ range }) => range === wanted);
    if (match !== undefined) return match.weight;
  }
  return 0;
}
