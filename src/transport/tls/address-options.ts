/** Options of TLS that ride in an address, beside those of the socket: `tls://host:443?ca=FILE&alpn=h2,http/1.1&insecure`. */
import type { Address, AddressOptions } from '../../core/address.ts';
import { NetError } from '../../core/error.ts';
import { parseSocketOptions } from '../../kernel/index.ts';
import type { TlsOptions } from './options.ts';

const FLAGS: Readonly<Record<string, boolean>> = {
  '': true,
  true: true,
  1: true,
  on: true,
  false: false,
  0: false,
  off: false,
};

/** By their names in lower case, and how each reads its text; `undefined` for what it does not take. */
const OPTIONS: Readonly<Record<string, readonly [keyof TlsOptions, (text: string) => unknown, string]>> = {
  ca: ['ca', path, 'the path of a file'],
  cert: ['cert', path, 'the path of a file'],
  key: ['key', path, 'the path of a file'],
  servername: ['serverName', path, 'a name'],
  alpn: ['alpn', (text) => (text === '' ? undefined : text.split(',')), 'names with commas between them'],
  insecure: ['insecure', (text) => FLAGS[text], 'on or off'],
  clientcert: ['clientCertificate', oneOf('none', 'request', 'require'), 'none, request or require'],
  minversion: ['minVersion', version, '1.2 or 1.3'],
  maxversion: ['maxVersion', version, '1.2 or 1.3'],
  ciphers: ['ciphers', path, 'a list of OpenSSL'],
  keylog: ['keyLog', path, 'the path of a file'],
  resumption: ['resumption', (text) => FLAGS[text], 'on or off'],
};

/** For whoever lies above, and must know which options are not its own. */
export const TLS_OPTION_NAMES: readonly string[] = Object.keys(OPTIONS);

export interface SplitOptions {
  readonly tls: TlsOptions;
  /** Of the transport beneath. */
  readonly others: AddressOptions;
}

/**
 * Those of TLS, with `given` over them, and the rest.
 * @throws NetError `unsupported` that names the address and the option
 */
export function splitOptions(address: Address, given: TlsOptions = {}): SplitOptions {
  const tls: Record<string, unknown> = {};
  const others: Record<string, string> = {};
  for (const [name, text] of Object.entries(address.options)) {
    const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (option === undefined) {
      others[name] = text;
      continue;
    }
    const [key, parse, takes] = option;
    tls[key] = parse(text);
    if (tls[key] === undefined)
      throw wrong(address, `option ${name} is ${JSON.stringify(text)}; it takes ${takes}`);
  }
  checkOthers(address, others);
  for (const [key, value] of Object.entries(given)) if (value !== undefined) tls[key] = value;
  return { tls, others };
}

/** Here, because the transport beneath knows neither our name nor our options. */
function checkOthers(address: Address, others: AddressOptions): void {
  if (address.kind !== 'inet') return;
  try {
    parseSocketOptions(others);
  } catch (error) {
    const own = TLS_OPTION_NAMES.join(', ');
    throw wrong(address, `${(error as Error).message}; and those of TLS: ${own}`, error);
  }
}

function path(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function version(text: string): string | undefined {
  return text === '1.2' || text === '1.3' ? `TLSv${text}` : undefined;
}

function oneOf(...names: string[]): (text: string) => string | undefined {
  return (text) => (names.includes(text) ? text : undefined);
}

function wrong(address: Address, why: string, cause?: unknown): NetError {
  return new NetError('unsupported', `Bad address "${address}": ${why}`, { cause });
}
