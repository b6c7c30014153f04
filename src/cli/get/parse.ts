/** The arguments of `modnet get`, as people type them. */
import { InvalidArgumentError } from 'commander';

type Header = readonly [name: string, value: string];

/**
 * A URL; `http://` where no scheme is given, also in front of `localhost:8080/path`.
 * @param before those that were read already
 */
export function parseTarget(text: string, before: readonly URL[] = []): readonly URL[] {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full))
    throw new InvalidArgumentError(`"${text}" is no URL; write http://HOST:PORT/PATH.`);
  const url = new URL(full);
  if (url.protocol === 'http:' || url.protocol === 'https:') return [...before, url];
  throw new InvalidArgumentError(`"${url.protocol}//" is not spoken here; write http:// or https://.`);
}

/** `Name: value`, or `Name;` for one without a value, as curl takes them. */
export function parseHeader(line: string, before: readonly Header[] = []): readonly Header[] {
  const match = /^([^:;\s]+)(?::[\t ]*(.+?)[\t ]*|;)$/.exec(line);
  if (match === null)
    throw new InvalidArgumentError(
      `"${line}" is no field; write "Name: value", or "Name;" for an empty one.`,
    );
  return [...before, [match[1]!, match[2] ?? '']];
}
