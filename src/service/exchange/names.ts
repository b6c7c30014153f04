/**
 * What members and rooms may be called. Two names that people cannot tell apart by their case or their compatibility
 * forms are the same name, and one that mixes alphabets which look alike is none. It does not know who bears which.
 */
import { Refusal, type RefusalCode } from './refusal.ts';

/** A name that can be nobody's: notices come from it. */
export const SERVER_NAME = 'exchange';

/**
 * Control, format, surrogate, private and unassigned characters, every kind of white space, and what renders as
 * nothing at all (Hangul fillers, the blank Braille pattern).
 */
const INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** What commands, mentions and the printed form of messages are made of. */
const RESERVED = /[#@/\\<>:,;"`|*]/;

/** More marks on one letter than any language has (UTS #39 section 5.4): they run over the lines around it. */
const PILED_MARKS = /[\p{Mn}\p{Me}]{5}/u;

/**
 * Scripts whose letters pass for one another's. A whole name in one of them can still pass for one in another (UTS #39
 * section 4): to compare skeletons takes the table of confusables of Unicode, and the packages that carry it are years behind.
 */
const ALIKE = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
];

export interface Name {
  /** As it is shown. */
  readonly text: string;
  /** As it is compared. */
  readonly key: string;
}

/** @throws Refusal `bad-name` */
export function memberName(text: string, maxLength: number): Name {
  const name = checked(text, maxLength, 'name', 'bad-name');
  if (name.key === SERVER_NAME) throw new Refusal('bad-name', `The name ${SERVER_NAME} is the server's own`);
  return name;
}

/**
 * A `#` in front is decoration.
 * @throws Refusal `bad-room`
 */
export function roomName(text: string, maxLength: number): Name {
  return checked(text.startsWith('#') ? text.slice(1) : text, maxLength, 'room name', 'bad-room');
}

/**
 * The form in which names are compared: NFKC and the full case folding of Unicode (section 3.13), which mapping up
 * and down again gives.
 */
export function nameKey(text: string): string {
  return text.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}

function checked(text: string, maxLength: number, what: string, code: RefusalCode): Name {
  // Normalizing costs time with the length, so that is looked at first.
  if (text.length > maxLength * 4) throw tooLong(what, maxLength, code);
  const normal = text.normalize('NFKC');
  const length = [...normal].length;
  if (length === 0) throw new Refusal(code, `The ${what} is empty`);
  if (length > maxLength) throw tooLong(what, maxLength, code);
  if (INVISIBLE.test(normal))
    throw new Refusal(
      code,
      `The ${what} contains white space, or a character that controls or does not show`,
    );
  if (RESERVED.test(normal))
    throw new Refusal(code, `The ${what} contains one of # @ / \\ < > : , ; " \` | *`);
  if (/^\p{M}/u.test(normal))
    throw new Refusal(code, `The ${what} begins with a mark that belongs on a letter`);
  if (PILED_MARKS.test(normal)) throw new Refusal(code, `The ${what} piles more than four marks on a letter`);
  // UTS #39 section 5.2: a Cyrillic і in a Latin name is there to deceive.
  if (ALIKE.filter((script) => script.test(normal)).length > 1)
    throw new Refusal(code, `The ${what} mixes alphabets that look alike`);
  return { text: normal, key: nameKey(normal) };
}

function tooLong(what: string, maxLength: number, code: RefusalCode): Refusal {
  return new Refusal(code, `The ${what} is longer than ${maxLength} characters`);
}
