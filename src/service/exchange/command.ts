/** What people type, as requests: `/join dev`, or anything else, which is said. It knows no member and no room. */
import { printable } from '../../bytes/index.ts';
import type { Request } from './protocol.ts';
import { Refusal } from './refusal.ts';

/** Earlier messages that a person sees on entering a room. */
export const SHOWN_ON_JOIN = 10;

export type Command = Request | { readonly type: 'help' };

const HELP: readonly string[] = [
  '/nick NAME          be called NAME',
  '/join ROOM          enter a room, which is made if need be; what you type goes there',
  '/leave [ROOM]       leave it',
  '/rooms              which rooms there are',
  '/who [ROOM]         who is in it',
  '/msg NAME TEXT      to one member only',
  '/me TEXT            do something: "/me waves"',
  '/history [ROOM] [N] what was said before',
  '/quit               end',
  'Anything else is said to your room; a line that begins with // is said with one slash.',
];

/** What `/help` shows, ready to be sent. */
export const HELP_TEXT: string = HELP.map((line) => `* ${line}\n`).join('');

const PARSERS: Readonly<Record<string, (rest: string) => Command>> = {
  help: () => ({ type: 'help' }),
  nick: (rest) => ({ type: 'nick', name: needed(rest, '/nick NAME') }),
  join: (rest) => ({ type: 'join', room: needed(rest, '/join ROOM'), history: SHOWN_ON_JOIN }),
  leave: (rest) => ({ type: 'leave', room: optional(rest) }),
  rooms: () => ({ type: 'rooms' }),
  who: (rest) => ({ type: 'who', room: optional(rest) }),
  msg: parseMsg,
  me: (rest) => ({ type: 'me', body: needed(rest, '/me TEXT') }),
  history: parseHistory,
  hello: parseHello,
  token: (rest) => ({ type: 'token', token: needed(rest, '/token TOKEN') }),
  ping: () => ({ type: 'ping' }),
  quit: () => ({ type: 'quit' }),
};

/**
 * One line, without its end. `null` for a blank one.
 * @throws Refusal `unknown-type`, `bad-request`
 */
export function parseCommand(line: string): Command | null {
  if (line.trim() === '') return null;
  if (!line.startsWith('/')) return { type: 'say', body: line };
  if (line.startsWith('//')) return { type: 'say', body: line.slice(1) };
  const space = line.indexOf(' ');
  const name = (space < 0 ? line : line.slice(0, space)).slice(1).trim().toLowerCase();
  if (!Object.hasOwn(PARSERS, name))
    throw new Refusal(
      'unknown-type',
      `There is no command /${printable(name.slice(0, 32))}; /help shows what there is`,
    );
  return PARSERS[name]!(space < 0 ? '' : line.slice(space + 1).trim());
}

function parseMsg(rest: string): Command {
  const [, to, body] = /^(\S+)\s+(.+)$/su.exec(rest) ?? [];
  return { type: 'msg', to: needed(to, '/msg NAME TEXT'), body: needed(body, '/msg NAME TEXT') };
}

function parseHistory(rest: string): Command {
  const [, room, count] = /^(?:(\S*[^\d\s]\S*)\s*)?(\d{1,9})?$/u.exec(rest) ?? [undefined, '', ''];
  if (room === '') throw usage('/history [ROOM] [N]');
  return { type: 'history', room, limit: count === undefined ? undefined : Math.max(1, Number(count)) };
}

/** UDP: the token that a stranger was sent. */
function parseHello(rest: string): Command {
  const [token = '', name] = rest.split(/\s+/u);
  return { type: 'hello', token, name, history: SHOWN_ON_JOIN };
}

function needed(text: string | undefined, form: string): string {
  if (text === undefined || text === '') throw usage(form);
  return text;
}

function optional(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function usage(form: string): Refusal {
  return new Refusal('bad-request', `Write it like this: ${form}`);
}
