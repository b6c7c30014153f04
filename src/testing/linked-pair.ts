/** Two connections joined back to back in memory: what is written into one is read from the other. */
import { namedAddress } from '../core/address.ts';
import { type ConnectionOptions, WireConnection } from '../core/connection.ts';
import type { HalfCloseable } from '../core/contract.ts';
import { memoryWires } from '../transport/memory/index.ts';

/** Deterministic: everything arrives in microtasks. */
export function linkedPair(options: ConnectionOptions = {}): [HalfCloseable, HalfCloseable] {
  const [a, b] = memoryWires('pair');
  const near = namedAddress('memory', 'near');
  const far = namedAddress('memory', 'far');
  return [
    new WireConnection(a, { local: near, remote: far }, options),
    new WireConnection(b, { local: far, remote: near }, options),
  ];
}
