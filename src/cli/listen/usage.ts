/** Which options of `modnet listen` go together. It opens nothing. */
import type { Address } from '../../core/index.ts';
import type { Architecture } from '../../server/index.ts';
import { descriptorsOf } from '../../transport/index.ts';
import type { ListenOptions } from './options.ts';

/** Those whose handlers run in this process. */
const HERE: readonly Architecture[] = ['serial', 'reactor'];

/** Options that only some architectures have. */
const OF: readonly (readonly [name: keyof ListenOptions, flag: string, of: readonly Architecture[]])[] = [
  ['workers', '--workers', ['process', 'thread', 'prefork', 'pool', 'hybrid']],
  ['isolation', '--isolation', ['hybrid']],
  ['listener', '--listener', ['hybrid']],
  ['queue', '--queue', ['pool']],
];

/** Options that every architecture has, and `listen` without one has not. */
const OF_ANY: readonly (readonly [name: keyof ListenOptions, flag: string])[] = [
  ['maxPerAddress', '--max-per-address'],
  ['drain', '--drain'],
];

/** The architecture to serve in, or `undefined` for the plain way. */
export function architectureOf(options: ListenOptions): Architecture | undefined {
  return options.architecture ?? (options.handler === undefined ? undefined : 'reactor');
}

/** What is wrong with the options, in words; `undefined` when nothing is. */
export function usageFault(address: Address, options: ListenOptions): string | undefined {
  const architecture = architectureOf(options);
  if (architecture === undefined) return faultWithout(options);
  return faultOfMode(architecture, options) ?? faultOf(architecture, options) ?? faultAt(address, options);
}

function faultWithout(options: ListenOptions): string | undefined {
  const flag = [...OF, ...OF_ANY].find(([name]) => options[name] !== undefined)?.[1];
  return flag && `option '${flag}' needs --architecture`;
}

function faultOfMode(architecture: Architecture, options: ListenOptions): string | undefined {
  const { echo, discard, exec, handler, to, hex, frame } = options;
  const flag = to !== undefined ? '--to' : hex ? '--hex' : frame !== undefined ? '--frame' : undefined;
  if (flag !== undefined)
    return `option '${flag}' cannot be used with an architecture; --keep-open alone serves many clients, in one event loop`;
  if (echo || discard || exec !== undefined || handler !== undefined) return undefined;
  return `--architecture ${architecture} needs --echo, --discard, --exec or --handler: standard input and output cannot be shared out`;
}

function faultOf(architecture: Architecture, options: ListenOptions): string | undefined {
  const found = OF.find(([name, , of]) => options[name] !== undefined && !of.includes(architecture));
  if (found === undefined) return undefined;
  return `option '${found[1]}' is of ${found[2].join(', ')}; ${architecture} has nothing like it`;
}

function faultAt(address: Address, options: ListenOptions): string | undefined {
  const architecture = architectureOf(options)!;
  if (options.listener === 'reuseport' && address.scheme !== 'tcp')
    return `--listener reuseport is of tcp only (SO_REUSEPORT), not of ${address}`;
  if (options.maxPerAddress !== undefined && address.kind !== 'inet')
    return `--max-per-address counts IP addresses, and ${address} has none`;
  if (HERE.includes(architecture)) return undefined;
  try {
    descriptorsOf(address, { driver: options.driver });
    return undefined;
  } catch (thrown) {
    return `${(thrown as Error).message}; ${architecture} needs that, ${HERE.join(' and ')} do not`;
  }
}
