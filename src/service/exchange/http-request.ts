/**
 * Tells a request of HTTP from a line that somebody typed. A page in a browser can make the browser send requests to any
 * port of its machine; without this, a page could speak in the rooms of whoever looks at it.
 */

/** RFC 9112 section 3: method, target, version. */
const REQUEST_LINE = /^[A-Z]{3,16} \S+ HTTP\/\d\.\d$/;

/** Whether the first line of a connection, without its end, is the beginning of HTTP. */
export function isHttpRequest(line: Uint8Array): boolean {
  return REQUEST_LINE.test(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('latin1'));
}
