/**
 * Network interfaces by name and by index, as scopes of link-local addresses name them (if_nametoindex(3)).
 */
import { NetError } from '../core/error.ts';
import { libc } from './ffi.ts';
import { scratch } from './memory.ts';

/** IF_NAMESIZE of net/if.h, with the NUL. */
const IF_NAMESIZE = 16;

/**
 * The index of an interface, given by name or by its decimal index.
 * @throws NetError `refused` when there is no interface of that name.
 */
export function interfaceIndex(scope: string): number {
  if (/^\d{1,9}$/.test(scope)) return Number(scope);
  const index = scope.length < IF_NAMESIZE && !scope.includes('\0') ? libc().if_nametoindex(scope) : 0;
  if (index > 0) return index;
  const what = `No network interface is named ${JSON.stringify(scope)}`;
  throw new NetError('refused', `${what}; \`ip link\` lists them`, { errno: 'ENODEV' });
}

/** The name of an interface, or its index as text when it is gone. */
export function interfaceName(index: number): string {
  const { bytes, address } = scratch();
  if (!libc().if_indextoname(index, address)) return String(index);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}
