/** Sets and reads the options of a socket by name. */
import { NetError } from '../core/error.ts';
import { IPPROTO_IP, IPPROTO_MPTCP, SO_PROTOCOL, SOL_SOCKET } from './constants.ts';
import { kernelError } from './errno.ts';
import { interfaceIndex, interfaceName } from './interface.ts';
import { scratch } from './memory.ts';
import {
  type OptionPlace,
  type OptionRow,
  SOCKET_OPTION_NAMES,
  SOCKET_OPTIONS,
  type SocketFamily,
  type SocketOptionName,
  type SocketOptions,
} from './options.ts';
import { getsockopt, getsockoptInt, setLinger, setsockopt, setsockoptInt } from './sockopt.ts';

type Value = boolean | number | string;

/**
 * Sets every option that is given, in the order of the table. `backlog` and `mptcp` are not of setsockopt(2)
 * and are passed over: `listen` and `streamProtocol` take them.
 * @throws NetError that names the option; those before it stay set.
 */
export function setSocketOptions(fd: number, family: SocketFamily, options: SocketOptions): void {
  for (const name of SOCKET_OPTION_NAMES) {
    const value = options[name];
    if (value !== undefined) setOption(fd, family, name, value);
  }
}

/**
 * The option as the kernel has it. Buffer sizes read back doubled (socket(7)).
 * @throws NetError `unsupported` for an option that the family lacks or that cannot be read.
 */
export function getSocketOption<Name extends SocketOptionName>(
  fd: number,
  family: SocketFamily,
  name: Name,
): NonNullable<SocketOptions[Name]> {
  if (name === 'mptcp') return (getInt(fd, [SOL_SOCKET, SO_PROTOCOL], name) === IPPROTO_MPTCP) as never;
  const row = SOCKET_OPTIONS[name];
  const place = row.places[family][0];
  if (place === undefined) throw doesNotApply(name, family);
  return readOption(fd, row, place, name) as never;
}

/**
 * @throws NetError `limit` for a number that the option does not take, `unsupported` for a value of another
 * type.
 */
export function checkSocketOption(name: SocketOptionName, value: Value): void {
  const row = SOCKET_OPTIONS[name];
  if (row.kind === 'flag' && typeof value === 'boolean') return;
  if (row.kind === 'interface' && typeof value === 'string') return;
  if (row.kind === 'linger' && value === false) return;
  if (row.min === undefined || row.max === undefined) {
    throw new NetError('unsupported', `Option ${name} takes a ${row.kind}, not ${JSON.stringify(value)}`);
  }
  if (typeof value === 'number' && Number.isInteger(value) && value >= row.min && value <= row.max) return;
  const unit = row.unit === undefined ? '' : ` ${row.unit}`;
  throw new NetError(
    'limit',
    `Option ${name} is ${value}; it takes a whole number of ${row.min} to ${row.max}${unit}`,
  );
}

function setOption(fd: number, family: SocketFamily, name: SocketOptionName, value: Value): void {
  checkSocketOption(name, value);
  if (name === 'backlog' || name === 'mptcp') return;
  const row = SOCKET_OPTIONS[name];
  const places = row.places[family];
  if (places.length === 0) throw doesNotApply(name, family);
  for (const place of places) {
    const result = writeOption(fd, row, place, value);
    if (result < 0) throw kernelError(result, `Cannot set option ${name}=${value} on descriptor ${fd}`);
  }
}

function writeOption(fd: number, row: OptionRow, [level, name]: OptionPlace, value: Value): number {
  if (row.kind === 'linger') return setLinger(fd, value === false ? false : Number(value));
  if (row.kind !== 'interface') return setsockoptInt(fd, level, name, Number(value));
  const index = interfaceIndex(String(value));
  return level === IPPROTO_IP
    ? setsockopt(fd, level, name, encodeMreqn(index))
    : setsockoptInt(fd, level, name, index);
}

function readOption(fd: number, row: OptionRow, place: OptionPlace, name: SocketOptionName): Value {
  if (row.kind === 'linger') return readLinger(fd, place, name);
  if (row.kind === 'interface' && place[0] === IPPROTO_IP) {
    throw new NetError('unsupported', `Option ${name} of an IPv4 socket can be set but not read (ip(7))`);
  }
  const value = getInt(fd, place, name);
  if (row.kind === 'interface') return interfaceName(value);
  return row.kind === 'flag' ? value !== 0 : value;
}

function getInt(fd: number, [level, option]: OptionPlace, name: SocketOptionName): number {
  const value = getsockoptInt(fd, level, option);
  if (value < 0) throw kernelError(value, `Cannot read option ${name} of descriptor ${fd}`);
  return value;
}

/** `struct linger`: on or off, then seconds. */
function readLinger(fd: number, [level, option]: OptionPlace, name: SocketOptionName): number | false {
  const result = getsockopt(fd, level, option, 8);
  if (result < 0) throw kernelError(result, `Cannot read option ${name} of descriptor ${fd}`);
  const { view } = scratch();
  return view.getInt32(0, true) === 0 ? false : view.getInt32(4, true);
}

/** `struct ip_mreqn` with neither group nor address: the interface by its index alone (ip(7)). */
function encodeMreqn(index: number): Uint8Array {
  return new Uint8Array(new Int32Array([0, 0, index]).buffer);
}

function doesNotApply(name: SocketOptionName, family: SocketFamily): NetError {
  return new NetError('unsupported', `Option ${name} does not apply to ${family} sockets, or cannot be read`);
}
