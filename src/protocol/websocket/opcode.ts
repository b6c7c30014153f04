/** What kinds of frames there are (RFC 6455 section 11.8). It does not know how they are written. */

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** Control frames have the highest bit of the four set (RFC 6455 section 5.5). */
export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0;
}

/** 0x3 to 0x7 and 0xB to 0xF are reserved for what nobody has defined yet. */
export function isKnown(opcode: number): boolean {
  return opcode <= BINARY || (opcode >= CLOSE && opcode <= PONG);
}
