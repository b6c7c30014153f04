/** Which content coding a client takes (RFC 9110, section 12.5.3), and which types are worth one. */

export type Coding = 'br' | 'zstd' | 'gzip';

/** In the order in which they are preferred where the client does not care: by how small they make text. */
export const CODINGS: readonly Coding[] = ['br', 'zstd', 'gzip'];

/** Headers that are remembered: clients send a handful. */
const REMEMBERED = 256;

/** Characters of a header that is remembered. What browsers send has 30. */
const MAX_REMEMBERED = 256;

/** Elements of one header that are read. There are not as many codings. */
const MAX_ELEMENTS = 32;

type Weights = ReadonlyMap<string, number>;
const remembered = new Map<string, Weights>();

/** `x-gzip` is a name of old (RFC 9110, section 8.4.1.3). */
const ELEMENT = /^([!#$%&'*+\-.^_`|~\w]+)(?:\s*;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

/**
 * The coding to use: of those the client weighs highest the first one, `identity` when no other is wanted more.
 * @param header of `Accept-Encoding`; without one the client has said nothing and is sent no coding
 * @returns undefined when it takes none of them and not what is uncoded either: 406
 */
export function chooseCoding<C extends string>(
  header: string | null,
  available: readonly C[],
): C | 'identity' | undefined {
  if (header === null) return 'identity';
  const weights = weightsOf(header);
  let best: C | 'identity' = 'identity';
  // Not named, it is the last resort.
  let highest = weights.get('identity') ?? (weights.get('*') === 0 ? 0 : 0.0001);
  for (const coding of available) {
    const weight = weights.get(coding) ?? weights.get('*') ?? 0;
    if (weight > highest || (weight === highest && weight > 0 && best === 'identity')) {
      best = coding;
      highest = weight;
    }
  }
  return highest === 0 ? undefined : best;
}

function weightsOf(header: string): Weights {
  const known = remembered.get(header);
  if (known !== undefined) return known;
  const weights = new Map<string, number>();
  for (const element of header.split(',', MAX_ELEMENTS)) {
    const match = ELEMENT.exec(element.trim());
    if (match === null) continue;
    const name = match[1]!.toLowerCase();
    weights.set(name === 'x-gzip' ? 'gzip' : name, match[2] === undefined ? 1 : Number(match[2]));
  }
  if (header.length > MAX_REMEMBERED) return weights;
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(header, weights);
  return weights;
}

/** Whether content of this type becomes much smaller; what is compressed already does not. */
export function isCompressible(type: string): boolean {
  const essence = type.split(';', 1)[0]!.trim().toLowerCase();
  return COMPRESSIBLE.test(essence);
}

const COMPRESSIBLE =
  /^(?:text\/(?!event-stream)|.*\+(?:json|xml|text)$|application\/(?:json|javascript|ecmascript|xml|wasm|manifest\+json|x-javascript|x-ndjson|x-sh|sql|toml|yaml|rtf|x-tar|vnd\.ms-fontobject|graphql)$|font\/(?:ttf|otf)$|image\/(?:svg\+xml|bmp|x-icon|vnd\.microsoft\.icon)$)/;
