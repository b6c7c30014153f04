/** Bytes as people read them: offset, hexadecimal, characters; 16 a row, as `hexdump -C` prints them. */

const ROW = 16;
const GAP = ROW / 2;

/**
 * The rows of `bytes`, each ended by LF.
 * @param prefix in front of each row
 * @param offset of the first byte in its stream
 */
export function hexDump(bytes: Uint8Array, prefix: string, offset: number): string {
  let rows = '';
  for (let at = 0; at < bytes.length; at += ROW) {
    const row = bytes.subarray(at, at + ROW);
    rows += `${prefix}${(offset + at).toString(16).padStart(8, '0')}  ${hexOf(row)}  |${textOf(row)}|\n`;
  }
  return rows;
}

function hexOf(row: Uint8Array): string {
  const cells = Array.from(row, (byte) => byte.toString(16).padStart(2, '0'));
  const halves = [cells.slice(0, GAP), cells.slice(GAP)].map((half) => half.join(' '));
  return halves.join('  ').padEnd(ROW * 3);
}

function textOf(row: Uint8Array): string {
  return Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
}
