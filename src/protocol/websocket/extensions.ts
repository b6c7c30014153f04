/**
 * The header Sec-WebSocket-Extensions (RFC 6455 section 9.1):
 *
 *     extension-list = 1#extension        extension-param = token [ "=" (token | quoted-string) ]
 *     extension = token *( ";" extension-param )
 *
 * It does not know which extensions there are.
 */
import { NetError } from '../../core/error.ts';
import { TOKEN } from './token.ts';

export interface Extension {
  readonly name: string;
  /** In their order; `true` for one without a value. */
  readonly parameters: readonly (readonly [name: string, value: string | true])[];
}

/** Offers of one header. Precedent: browsers send one, some clients two or three. */
const MAX_EXTENSIONS = 16;

const NAME = new RegExp(`[ \\t]*(${TOKEN})[ \\t]*`, 'y');
/** A quoted value must be a token once the quotes are gone, so that escapes are not needed. */
const VALUE = new RegExp(`[ \\t]*(?:(${TOKEN})|"(${TOKEN})")[ \\t]*`, 'y');

/** @throws NetError `protocol` (fault `remote`) when the text is no such list */
export function parseExtensions(text: string): Extension[] {
  const extensions: Extension[] = [];
  let at = 0;
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw wrong(text, at);
    at = pattern.lastIndex;
    return match[1] ?? match[2]!;
  };
  for (;;) {
    const name = take(NAME);
    const parameters: [string, string | true][] = [];
    while (text[at] === ';') {
      at++;
      const parameter = take(NAME);
      if (text[at] === '=') at++;
      parameters.push([parameter, text[at - 1] === '=' ? take(VALUE) : true]);
    }
    extensions.push({ name, parameters });
    if (at === text.length) return extensions;
    if (text[at++] !== ',' || extensions.length === MAX_EXTENSIONS) throw wrong(text, at - 1);
  }
}

export function formatExtension({ name, parameters }: Extension): string {
  return [name, ...parameters.map(([key, value]) => (value === true ? key : `${key}=${value}`))].join('; ');
}

function wrong(text: string, at: number): NetError {
  const words = `Sec-WebSocket-Extensions is no list of extensions: "${text.slice(0, 100)}" is wrong at character ${at + 1}`;
  return new NetError('protocol', words, { fault: 'remote' });
}
