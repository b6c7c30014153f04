/**
 * Files with secrets in them: never seen half written, never readable by others. It does not know what is inside. On
 * Windows, where modes mean nothing, the access list of the user's profile is trusted.
 */
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NetError, toNetError } from '../../../core/error.ts';

/** Bytes of a file with keys and certificates; one of modnet has about 2,000. */
const MAX_PEM = 256 * 1024;

const HAS_MODES = process.platform !== 'win32';

/**
 * Makes a directory that only its owner enters, or checks the one that is there.
 * @throws NetError `permission` when others could exchange what lies in it
 */
export async function ensurePrivateDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const found = await stat(path);
    if (HAS_MODES && (found.mode & 0o022) !== 0)
      throw new NetError(
        'permission',
        `Will not keep keys in ${path}: others may write there (mode ${mode(found)}); run chmod 700 ${quoted(path)}`,
      );
  } catch (thrown) {
    throw toNetError(thrown, `Cannot use the directory ${path}`);
  }
}

/** Writes a file that does not exist yet. Of several at the same time one is first; the others get `false`. */
export async function createPrivateFile(path: string, text: string): Promise<boolean> {
  return await withTemporary(path, text, 0o600, async (temporary) => {
    try {
      await link(temporary, path);
      return true;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw thrown;
    }
  });
}

/** Writes a file or replaces the whole of it at once. Of several at the same time the last one stays. */
export async function replaceFile(path: string, text: string, mode: 0o600 | 0o644 = 0o600): Promise<void> {
  await withTemporary(path, text, mode, (temporary) => rename(temporary, path));
}

/**
 * The text of a file, or `null` where there is none.
 * @throws NetError `permission` when others can read it or it is somebody else's; `limit` when it is too long
 */
export async function readPrivateFile(path: string): Promise<string | null> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    check(path, await file.stat());
    return await file.readFile('utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw toNetError(thrown, `Cannot read ${path}`);
  } finally {
    await file?.close();
  }
}

function check(path: string, found: Stats): void {
  if (found.size > MAX_PEM) throw new NetError('limit', `${path} is longer than ${MAX_PEM} bytes`);
  if (!HAS_MODES) return;
  if ((found.mode & 0o077) !== 0)
    throw new NetError(
      'permission',
      `Will not use the key in ${path}: others can read it (mode ${mode(found)}); run chmod 600 ${quoted(path)}`,
    );
  const user = process.geteuid?.();
  if (user !== 0 && found.uid !== user && found.uid !== 0)
    throw new NetError(
      'permission',
      `Will not use the key in ${path}: it belongs to another user; run chown $(id -un) ${quoted(path)}`,
    );
}

/** As one word of a POSIX shell. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

function mode(found: Stats): string {
  return (found.mode & 0o777).toString(8).padStart(3, '0');
}

/** The text is on the disk, whole, before anything points to it; what is left over is removed in any case. */
async function withTemporary<T>(
  path: string,
  text: string,
  mode: number,
  place: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
    try {
      await file.writeFile(text);
      // The umask may have taken from a mode that is for all.
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    return await place(temporary);
  } catch (thrown) {
    throw toNetError(thrown, `Cannot write ${path}`);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}
