/**
 * What the page remembers between visits. A browser may forbid all of it; then nothing is remembered, and nothing else changes.
 *
 * The token and the rooms belong to one tab, name and theme to all: a second tab asks for another name all the same, as one name is one
 * member.
 */

/**
 * @param {'local' | 'session'} where
 * @param {string} key
 */
function read(where, key) {
  try {
    return (where === 'local' ? localStorage : sessionStorage).getItem(`modnet.${key}`) ?? '';
  } catch {
    return '';
  }
}

/**
 * @param {'local' | 'session'} where
 * @param {string} key
 * @param {string} value
 */
function write(where, key, value) {
  try {
    (where === 'local' ? localStorage : sessionStorage).setItem(`modnet.${key}`, value);
  } catch {
    // Not remembered, then.
  }
}

export const remembered = {
  get name() {
    return read('session', 'name') || read('local', 'name');
  },
  set name(value) {
    write('session', 'name', value);
    write('local', 'name', value);
  },
  /** Whether this tab was in already, so that a reload does not ask again. */
  get isKnown() {
    return read('session', 'name') !== '';
  },
  get token() {
    return read('session', 'token');
  },
  set token(value) {
    write('session', 'token', value);
  },
  /** @returns {string[]} */
  get rooms() {
    try {
      const rooms = JSON.parse(read('session', 'rooms') || '[]');
      return Array.isArray(rooms) ? rooms.filter((room) => typeof room === 'string').slice(0, 32) : [];
    } catch {
      return [];
    }
  },
  set rooms(value) {
    write('session', 'rooms', JSON.stringify(value));
  },
};
