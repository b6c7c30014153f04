/** The error of a listener or datagram socket that could not be bound: what failed, on what, and what to do. */
import type { Address } from '../core/address.ts';
import { NetError, systemError } from '../core/error.ts';
import { pathHolder, portHolder } from './port-holder.ts';

/** Ports below this need a capability (capabilities(7); net.ipv4.ip_unprivileged_port_start). */
const PRIVILEGED = 1024;

/** @param errno the name of the system's error */
export function listenError(errno: string, address: Address, cause?: unknown): NetError {
  const what = `Cannot listen on ${address}`;
  if (errno === 'EACCES' && address.kind === 'inet' && address.port < PRIVILEGED) {
    return systemError(errno, what, { cause, hint: `ports below ${PRIVILEGED} need CAP_NET_BIND_SERVICE` });
  }
  if (errno === 'EADDRINUSE') return inUse(what, address, cause);
  if (errno === 'ENOENT') return systemError(errno, what, { cause, hint: 'make the folder first' });
  return systemError(errno, what, { cause });
}

function inUse(what: string, address: Address, cause: unknown): NetError {
  const holder = holderOf(address);
  const by = holder === undefined ? '' : ` by ${holder}`;
  const other = address.kind === 'inet' ? 'port' : 'path';
  return new NetError(
    'refused',
    `${what}: address already in use${by}; stop the program that holds it or choose another ${other}`,
    { errno: 'EADDRINUSE', cause },
  );
}

function holderOf(address: Address): string | undefined {
  if (address.kind === 'inet') return portHolder(address.scheme === 'udp' ? 'udp' : 'tcp', address.port);
  if (address.kind === 'unix') return pathHolder(address.abstract ? `@${address.path}` : address.path);
  return undefined;
}
