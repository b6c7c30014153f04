/** A thread that waits in connect(2), as a program with blocking sockets does. */
import { connect, Sockaddr } from '../../../../kernel/index.ts';
import { serveTasks } from '../shared/thread.ts';

export interface ConnectTask {
  /** A blocking socket. */
  readonly fd: number;
  /** Of `Sockaddr.copy`. */
  readonly address: Uint8Array;
}

export interface ConnectAnswer {
  /** 0 or `-errno`. */
  readonly result: number;
  /** That the call took. */
  readonly seconds: number;
}

serveTasks(({ fd, address }: ConnectTask): ConnectAnswer => {
  const to = new Sockaddr().setBytes(address);
  const begun = performance.now();
  const result = connect(fd, to);
  return { result, seconds: (performance.now() - begun) / 1000 };
});
