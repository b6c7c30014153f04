/** The methods that everybody uses, as constants, so that no request makes a string of its method. */

const KNOWN: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
];

/** The constant where it is known, else a part of `text`, from its beginning to `end`. */
export function methodOf(text: string, end: number): string {
  if (end === 3 && text.startsWith('GET')) return 'GET';
  if (end === 4 && text.startsWith('POST')) return 'POST';
  const method = text.slice(0, end);
  return KNOWN.find((known) => known === method) ?? method;
}
