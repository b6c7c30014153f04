/** Does what was typed. It knows neither the terminal nor the connection. */
import type { ChatClient } from '../../service/chat/index.ts';
import type { Entry } from './entry.ts';
import type { Face } from './face.ts';

/** Messages that `/history` shows when no number is given. */
const HISTORY_ASKED = 50;

/**
 * Resolves when it is done, and confirmed if it was said. Failures are shown.
 * @returns whether it succeeded
 */
export async function perform(entry: Entry, client: ChatClient, face: Face): Promise<boolean> {
  if (entry.kind === 'hint') {
    face.hint(entry.text);
    return false;
  }
  try {
    await act(entry, client, face);
    return true;
  } catch (error) {
    face.failed(error as Error);
    return false;
  }
}

async function act(entry: Exclude<Entry, { kind: 'hint' }>, client: ChatClient, face: Face): Promise<void> {
  switch (entry.kind) {
    case 'say':
      return client.say(entry.body);
    case 'me':
      return client.act(entry.body);
    case 'msg':
      return client.tell(entry.to, entry.body);
    case 'nick':
      return client.nick(entry.name);
    case 'join':
      return client.join(entry.room);
    case 'leave':
      return client.leave(entry.room);
    case 'who':
      return face.members(await client.who(entry.room));
    case 'rooms':
      return face.rooms(await client.list());
    case 'history':
      return face.history((await client.history(entry.limit ?? HISTORY_ASKED)).messages);
    case 'help':
      return face.help();
    case 'quit':
      return;
  }
}
