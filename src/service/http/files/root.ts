/**
 * A folder from which files are opened, and nothing that lies outside it. It knows no URL and no HTTP but for three statuses.
 *
 * On Linux the kernel itself resolves each path beneath the folder (openat2(2)), so nothing can be exchanged between a check and
 * the opening. Elsewhere the descriptor that was opened is compared with what the resolved path names.
 */
import { closeSync, constants, fstatSync, openSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { NetError, toNetError } from '../../../core/index.ts';
import {
  close,
  errnoName,
  kernelAvailable,
  O_CLOEXEC,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  openat2,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
} from '../../../kernel/index.ts';

/** Why there is no file: not permitted, not there, or no descriptor left to open it with. */
export type Missing = 403 | 404 | 503;

export interface Opened {
  /** The caller's to close. */
  readonly fd: number;
  /** Of the descriptor, a regular file. */
  readonly stats: Stats;
}

export interface RootOptions {
  /** Whether symbolic links are followed that stay inside. Default yes. */
  readonly followSymlinks?: boolean | undefined;
  /** Default: what the system has. */
  readonly resolver?: 'openat2' | 'realpath' | undefined;
}

const STATUS: Readonly<Record<string, Missing>> = {
  EACCES: 403,
  EPERM: 403,
  EMFILE: 503,
  ENFILE: 503,
  ENOMEM: 503,
};

/** A FIFO without a writer must not block whoever opens it, in case one takes the place of a file that was looked at. */
const OPEN = O_RDONLY | O_CLOEXEC | O_NONBLOCK;

export class Root {
  readonly folder: string;
  readonly #followSymlinks: boolean;
  readonly #usesKernel: boolean;

  /** @throws NetError when the folder cannot be opened or is none */
  constructor(folder: string, options: RootOptions = {}) {
    this.folder = folder;
    this.#followSymlinks = options.followSymlinks !== false;
    if (!statOf(folder).isDirectory())
      throw new NetError('refused', `Cannot serve ${folder}: it is no folder`);
    this.#usesKernel =
      options.resolver === undefined ? kernelResolves(folder) : options.resolver === 'openat2';
  }

  /** What lies there, without opening it: looking at a FIFO or a device would already be heard. */
  look(path: string): Stats | Missing {
    return this.#attempt(() => (this.#usesKernel ? this.#lookBeneath(path) : this.#lookResolved(path).stats));
  }

  /** Opens a regular file, and nothing else. */
  open(path: string): Opened | Missing {
    const stats = this.look(path);
    if (typeof stats === 'number') return stats;
    if (!stats.isFile()) return 404;
    return this.#attempt(() =>
      regular(this.#usesKernel ? this.#beneath(path, OPEN) : this.#openResolved(path)),
    );
  }

  /**
   * Opens a folder for reading its names through `/proc/self/fd`, or says where it is.
   * @returns a path that is valid until `done` is called
   */
  enter(path: string): { readonly path: string; done(): void } | Missing {
    return this.#attempt(() => {
      if (!this.#usesKernel) return { path: this.#lookResolved(path).real, done() {} };
      const fd = this.#beneath(path, OPEN | constants.O_DIRECTORY);
      return { path: `/proc/self/fd/${fd}`, done: () => close(fd) };
    });
  }

  #lookBeneath(path: string): Stats {
    const fd = this.#beneath(path, O_PATH | O_CLOEXEC);
    try {
      return fstatSync(fd);
    } finally {
      close(fd);
    }
  }

  /** The folder is opened anew each time: a link that was moved to another release is followed at once. */
  #beneath(path: string, flags: number): number {
    const links = this.#followSymlinks ? RESOLVE_NO_MAGICLINKS : RESOLVE_NO_SYMLINKS;
    const directory = openSync(this.folder, O_PATH | constants.O_DIRECTORY);
    try {
      const fd = openat2(directory, path === '' ? '.' : path, flags, RESOLVE_BENEATH | links);
      if (fd < 0) throw Object.assign(new Error(errnoName(fd)), { code: errnoName(fd) });
      return fd;
    } finally {
      close(directory);
    }
  }

  #lookResolved(path: string): { readonly real: string; readonly stats: Stats } {
    const root = realpathSync(this.folder);
    const named = path === '' ? root : join(root, ...path.split('/'));
    const real = realpathSync(named);
    const isInside = real === root || real.startsWith(root.endsWith(sep) ? root : root + sep);
    if (!isInside || (!this.#followSymlinks && real !== named))
      throw Object.assign(new Error('outside'), { code: 'EXDEV' });
    return { real, stats: statSync(real) };
  }

  #openResolved(path: string): number {
    const fd = openSync(this.#lookResolved(path).real, OPEN | (constants.O_NOFOLLOW ?? 0));
    try {
      const [opened, seen] = [fstatSync(fd), this.#lookResolved(path).stats];
      if (opened.ino === seen.ino && opened.dev === seen.dev) return fd;
    } catch (thrown) {
      closeSync(fd);
      throw thrown;
    }
    closeSync(fd);
    throw Object.assign(new Error('exchanged while it was opened'), { code: 'ENOENT' });
  }

  #attempt<T>(run: () => T): T | Missing {
    try {
      return run();
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === undefined) throw thrown;
      return STATUS[code] ?? 404;
    }
  }
}

function regular(fd: number): Opened {
  const stats = fstatSync(fd);
  if (stats.isFile()) return { fd, stats };
  closeSync(fd);
  throw Object.assign(new Error('no file'), { code: 'ENOENT' });
}

function statOf(folder: string): Stats {
  try {
    return statSync(folder);
  } catch (thrown) {
    throw toNetError(thrown, `Cannot serve ${folder}`);
  }
}

/** Not before Linux 5.6, nor where a sandbox forbids it. */
function kernelResolves(folder: string): boolean {
  if (!kernelAvailable()) return false;
  const directory = openSync(folder, O_PATH | constants.O_DIRECTORY);
  const fd = openat2(directory, '.', O_PATH | O_CLOEXEC, RESOLVE_BENEATH);
  close(directory);
  if (fd >= 0) close(fd);
  return fd >= 0;
}
