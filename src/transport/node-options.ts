/** Which socket options the node driver can honour; the rest are refused rather than dropped in silence. */
import type { Address } from '../core/address.ts';
import { NetError } from '../core/error.ts';
import type { SocketOptionName, SocketOptions } from '../kernel/index.ts';

/** @throws NetError `unsupported` that names the first option which is not among `known`. */
export function checkNodeOptions(
  options: SocketOptions,
  known: readonly SocketOptionName[],
  address: Address,
): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name as SocketOptionName)) continue;
    throw new NetError(
      'unsupported',
      `The option ${name.toLowerCase()} of ${address} cannot be had on the node driver, which has ${known.join(', ').toLowerCase()}; use the kernel driver (Linux)`,
    );
  }
}
