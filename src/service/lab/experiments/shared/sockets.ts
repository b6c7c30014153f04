/** The sockets that an experiment holds: owned from the call that makes them, closed with their owner. It knows no experiment. */
import * as k from '../../../../kernel/index.ts';

/** Owns descriptors: `using sockets = new Sockets()`. */
export class Sockets implements Disposable {
  readonly #open = new Set<number>();

  /**
   * Takes over the result of a call that gives a descriptor.
   * @param what what failed if it is none: `Cannot accept`
   * @throws NetError
   */
  own(result: number, what: string): number {
    this.#open.add(must(result, what));
    return result;
  }

  /** A socket of TCP over IPv4. */
  tcp(blocking = false): number {
    return this.own(
      k.socket(k.AF_INET, k.SOCK_STREAM, k.IPPROTO_TCP, blocking),
      'Cannot create a TCP socket',
    );
  }

  /** The result of close(2); a descriptor that is closed already is left alone and gives 0. */
  close(fd: number): number {
    return this.#open.delete(fd) ? k.close(fd) : 0;
  }

  /** Wakes whoever waits in a call on one of them: the calls return an end or an error. */
  shutdown(): void {
    for (const fd of this.#open) k.shutdown(fd, k.SHUT_RDWR);
  }

  [Symbol.dispose](): void {
    for (const fd of [...this.#open]) this.close(fd);
  }
}

/**
 * The result, unless it is `-errno`.
 * @param what what failed, on what: `Cannot listen on port 7000`
 * @throws NetError
 */
export function must(result: number, what: string): number {
  if (result < 0) throw k.kernelError(result, what);
  return result;
}

/** 127.0.0.1 and a port; 0 asks for a free one. */
export function loopback(port = 0): k.Sockaddr {
  return k.Sockaddr.from({ family: 'ipv4', host: '127.0.0.1', port });
}

/** The port that a socket is bound to. */
export function portOf(fd: number): number {
  const address = new k.Sockaddr();
  must(k.getsockname(fd, address), 'Cannot read the name of a socket');
  return address.port;
}
