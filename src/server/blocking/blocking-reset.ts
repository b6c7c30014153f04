/** The end of a socket that nobody reads any more. */
import { close, setLinger } from '../../kernel/index.ts';

/** Closes it; of TCP the peer sees a reset. */
export function reset(fd: number): void {
  setLinger(fd, 0);
  close(fd);
}
