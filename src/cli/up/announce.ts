/** What `modnet up` says of an exchange that is open: its doors, each with commands to try. */
import type { Address } from '../../core/index.ts';
import { DEFAULT_TCP, type Door, type Exchange } from '../../service/exchange/index.ts';
import { paint } from '../style.ts';

export interface DoorDescription {
  readonly kind: string;
  readonly url: string;
  /** To try it with: the first of `commands`. */
  readonly command: string;
  readonly commands: readonly string[];
}

/** The lines for people. */
export function openWords(exchange: Exchange): string {
  const doors = describeDoors(exchange);
  const width = Math.max(...doors.map(({ url }) => url.length));
  const lines = doors.flatMap(({ url, commands }) =>
    commands.map((command, index) => {
      const where = (index === 0 ? url : '').padEnd(width);
      return `  ${paint('bold', where)}  ${paint('cyan', command)}`;
    }),
  );
  const chat = chatCommand(doors);
  if (chat !== null) lines.push(`  ${''.padEnd(width)}  ${paint('cyan', chat)}`);
  return (
    `${paint('bold', 'The exchange is open.')} Talk to it from other terminals:\n\n${lines.join('\n')}\n\n` +
    tokenWords(exchange) +
    `History lies in ${exchange.data}; ${paint('bold', 'Ctrl-C')} closes.\n`
  );
}

/** The same for programs. */
export function openEvent(exchange: Exchange): object {
  const { data, token } = exchange;
  const authority = exchange.doors.find((door) => door.authority !== undefined)?.authority;
  return { event: 'open', doors: describeDoors(exchange), data, token, authority };
}

function describeDoors(exchange: Exchange): DoorDescription[] {
  return exchange.doors.map((door) => {
    const commands = commandsFor(door, exchange.token);
    return { kind: door.kind, url: door.address.toString(), command: commands[0]!, commands };
  });
}

function tokenWords({ token }: Exchange): string {
  if (token === null) return '';
  return (
    `Whoever comes must show the token: ${paint('bold', token)}\n` +
    'People send /token TOKEN first; MODNET_TOKEN and --token give it to modnet chat.\n\n'
  );
}

/** By lines where there are any, else by WebSocket. */
function chatCommand(doors: readonly DoorDescription[]): string | null {
  const lines = doors.find(({ kind }) => kind === 'tcp' || kind === 'unix');
  const url = lines?.url ?? doors.find((door) => door.url.startsWith('http:'))?.url.replace('http:', 'ws:');
  if (url === undefined) return null;
  return `npx modnet chat${url === DEFAULT_TCP ? '' : ` ${quoted(url)}`} --name YOU`;
}

function commandsFor({ address, authority }: Door, token: string | null): string[] {
  if (address.kind === 'unix')
    return address.abstract
      ? [`npx modnet connect ${quoted(address.toString())}`]
      : [`nc -U ${quoted(address.path)}`];
  if (address.kind !== 'inet') return [`npx modnet connect ${quoted(address.toString())}`];
  const { scheme } = address;
  if (scheme === 'http' || scheme === 'https') return webCommands(nearUrl(address), scheme, authority, token);
  return [`nc ${scheme === 'udp' ? '-u ' : ''}${nearHost(address.host)} ${address.port}`];
}

function webCommands(
  url: string,
  scheme: string,
  authority: string | undefined,
  token: string | null,
): string[] {
  const shown = token === null ? '' : ` -H ${quoted(`Authorization: Bearer ${token}`)}`;
  const trusted = authority === undefined ? '' : ` --cacert ${quoted(authority)}`;
  if (scheme === 'https') return [`curl${trusted}${shown} ${url}/api/rooms`];
  const page = token === null ? url : quoted(`${url}/#token=${token}`);
  const browse = process.platform === 'darwin' ? 'open' : 'xdg-open';
  return [`${browse} ${page}`, `curl -N${shown} ${url}/api/rooms/lobby/events`];
}

/** Where this machine reaches it. */
function nearUrl({ scheme, host, port }: Address & { kind: 'inet' }): string {
  const near = nearHost(host);
  return `${scheme}://${near.includes(':') ? `[${near}]` : near}:${port}`;
}

function nearHost(host: string): string {
  return { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
