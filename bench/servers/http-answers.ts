/** What every measured server of HTTP says. */

export const HELLO = 'Hello, world!';

/** A field for each of the three middlewares. */
export const MARKS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'x-served-by': 'bench',
};

export interface User {
  readonly id: string;
  readonly name: string;
  readonly mail: string;
  readonly roles: readonly string[];
  readonly active: boolean;
}

export function userOf(id: string): User {
  return { id, name: `User ${id}`, mail: `user${id}@example.net`, roles: ['reader', 'writer'], active: true };
}
