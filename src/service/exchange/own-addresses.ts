/** Addresses of this machine under which other machines may reach it. */
import { networkInterfaces } from 'node:os';

/** Without those that hold on one link only. They change while the machine runs. */
export function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address);
}
