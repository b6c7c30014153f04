/** Socket options from the query of an address: `?nodelay&backlog=1024&keepalive=30`. */
import { NetError } from '../core/error.ts';
import { SOCKET_OPTION_NAMES, SOCKET_OPTIONS, type SocketOptionName, type SocketOptions } from './options.ts';
import { checkSocketOption } from './socket-options.ts';

const FLAGS: Readonly<Record<string, boolean>> = {
  '': true,
  true: true,
  1: true,
  on: true,
  false: false,
  0: false,
  off: false,
};

const BY_QUERY_NAME: ReadonlyMap<string, SocketOptionName> = new Map(
  SOCKET_OPTION_NAMES.map((name) => [name.toLowerCase(), name]),
);

/**
 * Options by their names in lower case. A flag is on as `nodelay`, `=true`, `=1`, `=on` and off as `=false`,
 * `=0`, `=off`. `keepalive=30` turns keep-alive on with 30 seconds of idle time; `keepalive=1` is the flag.
 * @throws NetError `unsupported` for an unknown name or a value of the wrong type, `limit` for a number out
 * of range.
 */
export function parseSocketOptions(query: Readonly<Record<string, string>>): SocketOptions {
  const options: Record<string, boolean | number | string> = {};
  for (const [key, text] of Object.entries(query)) {
    const name = BY_QUERY_NAME.get(key);
    if (name === undefined) throw unknownOption(key);
    if (name === 'keepAlive' && /^\d+$/.test(text) && FLAGS[text] === undefined) {
      options.keepAliveIdle = parseValue('keepAliveIdle', key, text);
      options.keepAlive = true;
    } else {
      options[name] = parseValue(name, key, text);
    }
  }
  return options;
}

function parseValue(name: SocketOptionName, key: string, text: string): boolean | number | string {
  const value = convert(name, key, text);
  checkSocketOption(name, value);
  return value;
}

function convert(name: SocketOptionName, key: string, text: string): boolean | number | string {
  const { kind } = SOCKET_OPTIONS[name];
  if (kind === 'interface' && text !== '') return text;
  if (kind === 'linger' && (text === 'false' || text === 'off')) return false;
  if (kind === 'flag' && Object.hasOwn(FLAGS, text)) return FLAGS[text]!;
  if ((kind === 'number' || kind === 'linger') && /^\d{1,15}$/.test(text)) return Number(text);
  const wanted = {
    flag: 'on or off',
    number: 'a number',
    linger: 'seconds, or off',
    interface: 'an interface',
  }[kind];
  throw new NetError('unsupported', `Option ${key} is ${JSON.stringify(text)}; it takes ${wanted}`);
}

function unknownOption(key: string): NetError {
  const known = [...BY_QUERY_NAME.keys()].join(', ');
  return new NetError('unsupported', `No option is named ${JSON.stringify(key)}; there are ${known}`);
}
