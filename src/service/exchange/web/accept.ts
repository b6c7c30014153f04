/** Which of the types that can be had a client wants (RFC 9110 section 12.5.1). */
import { Problem } from './problem.ts';

/** Longest list that is looked at; browsers send some 10. */
const MAX_RANGES = 64;

interface Range {
  readonly type: string;
  readonly quality: number;
}

/**
 * The best of the offers, the first of those that are as good.
 * @throws Problem `not-acceptable`
 */
export function chooseType<T extends string>(request: Request, offers: readonly [T, ...T[]]): T {
  const accept = request.headers.get('accept');
  if (accept === null || accept.trim() === '') return offers[0];
  const ranges = accept.split(',', MAX_RANGES).map(parseRange);
  let best: { offer: T; quality: number } | undefined;
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges);
    if (quality > (best?.quality ?? 0)) best = { offer, quality };
  }
  if (best !== undefined) return best.offer;
  throw new Problem('not-acceptable', `What can be had here is ${offers.join(' or ')}`);
}

/** That of the most specific range which matches. */
function qualityOf(offer: string, ranges: readonly Range[]): number {
  const family = `${offer.split('/', 1)[0]}/*`;
  for (const wanted of [offer, family, '*/*']) {
    const range = ranges.find(({ type }) => type === wanted);
    if (range !== undefined) return range.quality;
  }
  return 0;
}

function parseRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}
