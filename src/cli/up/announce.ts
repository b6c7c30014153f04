/** What `modnet up` says of an exchange that is open: its doors, each with commands to try. */
import type { InetAddress } from '../../core/index.ts';
import { DEFAULT_TCP, type Door, type Exchange, ownAddresses } from '../../service/exchange/index.ts';
import { paint } from '../style.ts';

/** Commands take the token from where `modnet chat` does, so that it is printed once, and the history of the shell has it once. */
const TOKEN = '$MODNET_TOKEN';

/** Hosts of doors that have all addresses of the machine, and where the machine itself reaches them. */
const NEAR: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Addresses that are told; machines with containers have dozens. */
const MAX_TOLD = 4;

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
  const chat = chatCommand(exchange);
  if (chat !== null) lines.push(`  ${''.padEnd(width)}  ${paint('cyan', chat)}`);
  return (
    `${paint('bold', 'The exchange is open.')} Talk to it from other terminals:\n\n` +
    tokenWords(exchange) +
    `${lines.join('\n')}\n\n` +
    reachWords(exchange) +
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
    const commands = commandsFor(door, exchange.token !== null);
    return { kind: door.kind, url: door.address.toString(), command: commands[0]!, commands };
  });
}

function tokenWords({ token }: Exchange): string {
  if (token === null) return '';
  return (
    `  ${paint('cyan', `export MODNET_TOKEN=${token}`)}\n\n` +
    'Whoever comes must show this token; the commands take it from there, with nc it is sent first, as /token TOKEN.\n\n'
  );
}

/** What to tell people elsewhere, where a door has all addresses. */
function reachWords({ doors }: Exchange): string {
  const hosts = doors.map(({ address }) => (address.kind === 'inet' ? address.host : ''));
  const addresses = ownAddresses().filter((address) =>
    hosts.some((host) => host === '::' || (host === '0.0.0.0' && !address.includes(':'))),
  );
  if (addresses.length === 0) return '';
  return `Other machines reach it at ${addresses.slice(0, MAX_TOLD).map(inUrl).join(', ')}.\n`;
}

/** By lines where there are any, else by WebSocket. */
function chatCommand({ doors }: Exchange): string | null {
  const door =
    doors.find(({ kind }) => kind === 'tcp' || kind === 'unix') ??
    doors.find(({ address }) => address.scheme === 'http');
  if (door === undefined) return null;
  const { address } = door;
  const url = address.kind === 'inet' ? nearUrl(address).replace(/^http:/, 'ws:') : address.toString();
  return `npx modnet chat${url === DEFAULT_TCP ? '' : ` ${quoted(url)}`} --name YOU`;
}

function commandsFor({ address, authority }: Door, asksToken: boolean): string[] {
  if (address.kind === 'unix')
    return address.abstract
      ? [`npx modnet connect ${quoted(address.toString())}`]
      : [`nc -U ${quoted(address.path)}`];
  if (address.kind !== 'inet') return [`npx modnet connect ${quoted(address.toString())}`];
  const { scheme } = address;
  if (scheme === 'http' || scheme === 'https') return webCommands(nearUrl(address), authority, asksToken);
  return [`nc ${scheme === 'udp' ? '-u ' : ''}${nearHost(address.host)} ${address.port}`];
}

function webCommands(url: string, authority: string | undefined, asksToken: boolean): string[] {
  const shown = asksToken ? ` -H "Authorization: Bearer ${TOKEN}"` : '';
  const trusted = authority === undefined ? '' : ` --cacert ${quoted(authority)}`;
  if (url.startsWith('https:')) return [`curl${trusted}${shown} ${url}/api/rooms`];
  const page = asksToken ? `"${url}/#token=${TOKEN}"` : url;
  const browse = process.platform === 'darwin' ? 'open' : 'xdg-open';
  return [`${browse} ${page}`, `curl -N${shown} ${url}/api/rooms/lobby/events`];
}

/** Where this machine reaches it. */
function nearUrl({ scheme, host, port }: InetAddress): string {
  return `${scheme}://${inUrl(nearHost(host))}:${port}`;
}

function nearHost(host: string): string {
  return NEAR[host] ?? host;
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
