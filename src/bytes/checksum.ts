/** Checksums over bytes that come in pieces. They find accidents, not intent. */

/**
 * The Internet checksum (RFC 1071): the one's complement of the one's complement sum of 16-bit words in network
 * order. Pieces may have odd lengths. Bytes that contain their own checksum give 0.
 */
export class InternetChecksum {
  #sum = 0;
  /** The next byte is the low half of a word. */
  #odd = false;

  update(bytes: Uint8Array): this {
    let index = 0;
    if (this.#odd && bytes.length > 0) {
      this.#sum += bytes[index++]!;
      this.#odd = false;
    }
    // A number sums 2^37 words exactly, more than there will be; the carries are folded at the end.
    const even = bytes.length - ((bytes.length - index) & 1);
    for (; index < even; index += 2) this.#sum += (bytes[index]! << 8) | bytes[index + 1]!;
    if (index < bytes.length) {
      this.#sum += bytes[index]! << 8;
      this.#odd = true;
    }
    return this;
  }

  /** 16 bits. More may follow. */
  get value(): number {
    let sum = this.#sum;
    while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
    return ~sum & 0xffff;
  }
}

/**
 * The checksum after one 16-bit word of the bytes has changed, without the bytes (RFC 1624, equation 3).
 * @param checksum the old one, 16 bits
 */
export function updateInternetChecksum(checksum: number, before: number, after: number): number {
  let sum = (~checksum & 0xffff) + (~before & 0xffff) + after;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** CRC-32 of IEEE 802.3, as in gzip (RFC 1952 section 8), PNG and ZIP: polynomial 0x04C11DB7, reflected. */
export class Crc32 {
  #register = -1;

  update(bytes: Uint8Array): this {
    let register = this.#register;
    for (let index = 0; index < bytes.length; index++)
      register = CRC_TABLE[(register ^ bytes[index]!) & 0xff]! ^ (register >>> 8);
    this.#register = register;
    return this;
  }

  /** 32 bits, unsigned. More may follow. */
  get value(): number {
    return ~this.#register >>> 0;
  }
}

const CRC_TABLE = crcTable(0xedb88320);

/** For each byte, what eight steps of the division leave. */
function crcTable(reflected: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ reflected : rest >>> 1;
    return rest;
  });
}
