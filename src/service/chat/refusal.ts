/** A request that the exchange did not grant. */
import { printable } from '../../bytes/printable.ts';
import { NetError } from '../../core/index.ts';

export class Refusal extends NetError {
  /** The exchange's own code, such as `name-taken` (docs/exchange.schema.json). */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super('refused', printable(message));
    this.reason = reason;
  }
}
