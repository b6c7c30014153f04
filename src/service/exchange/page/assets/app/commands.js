/** What a line in the composer means: something to say, or a command that begins with a slash. It does nothing itself. */

/**
 * @typedef {{ type: 'say', body: string } | { type: 'me', body: string }} Spoken
 * @typedef {{ type: 'wrong', words: string }} Wrong
 * @typedef {Spoken | Wrong | { type: 'msg', to: string, body: string } | { type: 'rooms' | 'help' | 'quit' }
 *   | { type: 'nick' | 'join' | 'leave' | 'who' | 'history', value: string }} Command
 */

/** For the help. @type {readonly (readonly [form: string, about: string])[]} */
export const COMMANDS = [
  ['/nick NAME', 'be called NAME'],
  ['/join ROOM', 'enter a room, which is made if need be'],
  ['/leave [ROOM]', 'leave this room, or another'],
  ['/rooms', 'which rooms there are'],
  ['/who', 'who is here'],
  ['/msg NAME TEXT', 'to one member only; no history keeps it'],
  ['/me TEXT', 'do something: /me waves'],
  ['/history', 'load what was said before'],
  ['/help', 'this list'],
  ['/quit', 'leave the exchange'],
  ['//TEXT', 'say /TEXT'],
];

/** @type {Record<string, (rest: string) => Command>} */
const PARSERS = {
  help: () => ({ type: 'help' }),
  rooms: () => ({ type: 'rooms' }),
  quit: () => ({ type: 'quit' }),
  nick: (rest) => needed(rest, '/nick NAME', (value) => ({ type: 'nick', value })),
  join: (rest) => needed(rest, '/join ROOM', (value) => ({ type: 'join', value: withoutSign(value) })),
  leave: (rest) => ({ type: 'leave', value: withoutSign(rest) }),
  who: (rest) => ({ type: 'who', value: withoutSign(rest) }),
  history: (rest) => ({ type: 'history', value: rest }),
  me: (rest) => needed(rest, '/me TEXT', (body) => ({ type: 'me', body })),
  msg: (rest) => {
    const [, to = '', body = ''] = /^(\S+)\s+(.+)$/su.exec(rest) ?? [];
    return needed(body, '/msg NAME TEXT', () => ({ type: 'msg', to: to.replace(/^@/, ''), body }));
  },
};

/**
 * @param {string} text
 * @returns {Command | null} `null` for nothing at all
 */
export function parseCommand(text) {
  if (text.trim() === '') return null;
  if (text.startsWith('//')) return { type: 'say', body: text.slice(1) };
  const [, name = '', rest = ''] = /^\/(\S*)\s*(.*)$/su.exec(text) ?? [];
  if (!text.startsWith('/')) return { type: 'say', body: text };
  const parser = Object.hasOwn(PARSERS, name.toLowerCase()) ? PARSERS[name.toLowerCase()] : undefined;
  if (parser !== undefined) return parser(rest.trim());
  return { type: 'wrong', words: `There is no command /${name.slice(0, 32)}; /help shows what there is` };
}

/**
 * @param {string} rest
 * @param {string} form
 * @param {(value: string) => Command} make
 * @returns {Command}
 */
function needed(rest, form, make) {
  return rest === '' ? { type: 'wrong', words: `Write it like this: ${form}` } : make(rest);
}

/** @param {string} room */
function withoutSign(room) {
  return room.replace(/^#/, '');
}
