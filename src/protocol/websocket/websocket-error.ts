/** A rule of WebSocket that the peer broke, or a limit that it passed, with the code that the endpoint closes with. */
import { NetError } from '../../core/error.ts';
import { MESSAGE_TOO_BIG, POLICY_VIOLATION } from './close-code.ts';

export class WebSocketError extends NetError {
  /** For the Close frame (RFC 6455 section 7.4.1). */
  readonly closeCode: number;

  /** @param what what the peer did */
  constructor(closeCode: number, what: string, options: ErrorOptions = {}) {
    const isLimit = closeCode === MESSAGE_TOO_BIG || closeCode === POLICY_VIOLATION;
    const who = isLimit ? 'The peer passed a limit of the WebSocket' : 'The peer broke a rule of WebSocket';
    super(isLimit ? 'limit' : 'protocol', `${who}: ${what}`, {
      ...options,
      fault: isLimit ? undefined : 'remote',
    });
    this.closeCode = closeCode;
  }
}
