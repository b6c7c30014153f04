/** What the handshake needs of `node:crypto`. SHA-1 proves nothing here; it only shows that both sides mean WebSocket. */
import { hash, randomBytes } from 'node:crypto';

export function sha1(text: string): string {
  return hash('sha1', text, 'base64');
}

/** 16 random bytes in base64. */
export function newKey(): string {
  return randomBytes(16).toString('base64');
}
