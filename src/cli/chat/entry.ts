/** What a person may type: text, or a command that begins with a slash. It does not know what the commands do. */

export type Entry =
  | { readonly kind: 'say' | 'me'; readonly body: string }
  | { readonly kind: 'nick'; readonly name: string }
  | { readonly kind: 'join'; readonly room: string }
  | { readonly kind: 'leave' | 'who'; readonly room: string | undefined }
  | { readonly kind: 'msg'; readonly to: string; readonly body: string }
  | { readonly kind: 'history'; readonly limit: number | undefined }
  | { readonly kind: 'help' | 'rooms' | 'quit' }
  | { readonly kind: 'hint'; readonly text: string };

export interface CommandHelp {
  readonly name: string;
  readonly usage: string;
  readonly does: string;
  /** What its first argument is, for completion. */
  readonly takes?: 'member' | 'room';
}

export const COMMANDS: readonly CommandHelp[] = [
  { name: 'help', usage: '', does: 'this list' },
  { name: 'nick', usage: 'NAME', does: 'take another name' },
  { name: 'join', usage: 'ROOM', does: 'enter a room, or turn to one that you are in', takes: 'room' },
  { name: 'leave', usage: '[ROOM]', does: 'leave this room, or another', takes: 'room' },
  { name: 'rooms', usage: '', does: 'list the rooms' },
  { name: 'who', usage: '[ROOM]', does: 'list who is in this room, or another', takes: 'room' },
  { name: 'msg', usage: 'NAME TEXT', does: 'say something to one member alone', takes: 'member' },
  { name: 'history', usage: '[COUNT]', does: 'show what was said before' },
  { name: 'me', usage: 'TEXT', does: 'say what you do: * anna waves' },
  { name: 'quit', usage: '', does: 'leave; so does Ctrl-D' },
];

/** A line as it was typed. An empty one is `null`; `//` in front says a text that begins with a slash. */
export function parseEntry(line: string): Entry | null {
  const text = line.trim();
  if (text === '') return null;
  if (text.startsWith('//')) return { kind: 'say', body: text.slice(1) };
  if (!text.startsWith('/')) return { kind: 'say', body: text };
  const [, word = '', rest = ''] = /^\/(\S*)\s*(.*)$/s.exec(text)!;
  return parseCommand(word.toLowerCase(), rest.trim());
}

function parseCommand(name: string, rest: string): Entry {
  switch (name) {
    case 'help':
    case 'rooms':
    case 'quit':
      return { kind: name };
    case 'leave':
    case 'who':
      return { kind: name, room: rest === '' ? undefined : bare(rest) };
    case 'join':
      return rest === '' ? usage(name) : { kind: name, room: bare(rest) };
    case 'nick':
      return rest === '' ? usage(name) : { kind: name, name: rest };
    case 'me':
      return rest === '' ? usage(name) : { kind: name, body: rest };
    case 'msg': {
      const match = /^(\S+)\s+(.+)$/s.exec(rest);
      return match === null ? usage(name) : { kind: name, to: match[1]!, body: match[2]! };
    }
    case 'history':
      return parseHistory(rest);
    default:
      return { kind: 'hint', text: unknown(name) };
  }
}

function parseHistory(rest: string): Entry {
  if (rest === '') return { kind: 'history', limit: undefined };
  return /^[1-9]\d{0,5}$/.test(rest) ? { kind: 'history', limit: Number(rest) } : usage('history');
}

/** Rooms are written with or without `#`. */
function bare(room: string): string {
  return room.startsWith('#') ? room.slice(1) : room;
}

function usage(name: string): Entry {
  const command = COMMANDS.find((other) => other.name === name);
  return { kind: 'hint', text: `Usage: /${name} ${command?.usage}` };
}

function unknown(name: string): string {
  const near = COMMANDS.find(
    (command) => name !== '' && (command.name.startsWith(name) || name.startsWith(command.name)),
  );
  const guess = near === undefined ? '' : `did you mean /${near.name}? `;
  return `There is no command /${name}; ${guess}/help lists them, and //${name} says it as text`;
}
