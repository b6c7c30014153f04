/** Conditional requests (RFC 9110, section 13): what a client says it has, against what there is. It knows no file. */

/** What there is. */
export interface Validators {
  /** With its quotes, and `W/` when it is weak. */
  readonly etag: string;
  /** Ms since 1970, whole seconds; left out where no date is known. */
  readonly modified?: number | undefined;
}

/** RFC 9110, section 8.8.3: an entity tag; what is between the quotes has no quote. */
const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/**
 * In the order of section 13.2.2. `If-Range` is another question: see `rangeApplies`.
 * @returns 412 or 304, or undefined to go on
 */
export function checkPreconditions(request: Request, current: Validators): 304 | 412 | undefined {
  const { headers, method } = request;
  const match = headers.get('if-match');
  if (match !== null && !hasStrong(match, current.etag)) return 412;
  if (match === null && isLater(current.modified, headers.get('if-unmodified-since'))) return 412;
  const isRead = method === 'GET' || method === 'HEAD';
  const noneMatch = headers.get('if-none-match');
  if (noneMatch !== null) return hasWeak(noneMatch, current.etag) ? (isRead ? 304 : 412) : undefined;
  if (!isRead || current.modified === undefined) return undefined;
  const since = dateOf(headers.get('if-modified-since'));
  return since !== undefined && current.modified <= since ? 304 : undefined;
}

/** Section 13.1.5: without `If-Range` a range applies; with it, only to exactly what the client has a part of. */
export function rangeApplies(header: string | null, current: Validators): boolean {
  if (header === null) return true;
  if (header.endsWith('"')) return !header.startsWith('W/') && header === current.etag;
  const date = dateOf(header);
  return date !== undefined && date === current.modified;
}

function hasStrong(list: string, etag: string): boolean {
  if (list.trim() === '*') return true;
  return !etag.startsWith('W/') && tagsIn(list).includes(etag);
}

function hasWeak(list: string, etag: string): boolean {
  if (list === etag || list.trim() === '*') return true;
  return tagsIn(list).some((each) => opaque(each) === opaque(etag));
}

function tagsIn(list: string): readonly string[] {
  return list.match(ENTITY_TAG) ?? [];
}

function opaque(etag: string): string {
  return etag.startsWith('W/') ? etag.slice(2) : etag;
}

function isLater(modified: number | undefined, header: string | null): boolean {
  const date = dateOf(header);
  return date !== undefined && modified !== undefined && modified > date;
}

/** The three forms of section 5.6.7 and nothing that only JavaScript takes for a date. */
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT|[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$/;

function dateOf(header: string | null): number | undefined {
  if (header === null || !HTTP_DATE.test(header)) return undefined;
  // The form of asctime names no zone, and means GMT.
  const date = Date.parse(header.endsWith('GMT') ? header : `${header} GMT`);
  return Number.isNaN(date) ? undefined : date;
}
