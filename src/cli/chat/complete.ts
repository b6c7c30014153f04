/** What Tab offers in the chat: commands, then the rooms or members that they take, and names in a text. */
import { COMMANDS } from './entry.ts';

export interface Known {
  readonly members: readonly string[];
  readonly rooms: readonly string[];
}

/** The offers for the line left of the cursor, and the part of it that they replace. */
export function complete(line: string, known: Known): [string[], string] {
  const word = /\S*$/.exec(line)![0];
  const before = line.slice(0, line.length - word.length);
  if (before.trim() === '' && word.startsWith('/'))
    return offer(
      word,
      COMMANDS.map(({ name, usage }) => `/${name}${usage === '' ? '' : ' '}`),
    );
  const command = COMMANDS.find(({ name }) => before.trim().toLowerCase() === `/${name}`);
  if (command?.takes === 'room')
    return offer(
      word,
      known.rooms.map((room) => (word.startsWith('#') ? `#${room}` : room)),
    );
  if (command?.takes === 'member')
    return offer(
      word,
      known.members.map((name) => `${name} `),
    );
  if (word === '') return [[], word];
  return offer(
    word,
    known.members.map((name) => (before === '' ? `${name}: ` : `${name} `)),
  );
}

function offer(word: string, candidates: readonly string[]): [string[], string] {
  const start = word.toLowerCase();
  return [candidates.filter((candidate) => candidate.toLowerCase().startsWith(start)).sort(), word];
}
