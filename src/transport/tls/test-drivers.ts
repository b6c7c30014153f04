/** The two libraries, and a server and its client on either, for tests. */
import assert from 'node:assert/strict';
import type { HalfCloseable } from '../../core/contract.ts';
import type { NetError } from '../../core/error.ts';
import { kernelAvailable, opensslAvailable } from '../../kernel/index.ts';
import { tls } from '../index.ts';
import type { Driver } from '../options.ts';
import type { TlsConnection, TlsListener, TlsOptions } from './options.ts';

export { tls };

/** OpenSSL on the one, `node:tls` on the other. */
export const DRIVERS: readonly Driver[] =
  kernelAvailable() && opensslAvailable() ? ['kernel', 'node'] : ['node'];

export interface Stage {
  readonly listener: TlsListener;
  /** Both ends of a new connection. */
  open(client: TlsOptions): Promise<readonly [TlsConnection, TlsConnection]>;
  /** The error of a client that gets no connection. */
  refused(client: TlsOptions): Promise<NetError>;
}

export async function stage(driver: Driver, server: TlsOptions): Promise<Stage & AsyncDisposable> {
  const listener = await tls.listen('tls://127.0.0.1:0', { driver, tls: server });
  const opened: HalfCloseable[] = [];
  const connect = (client: TlsOptions) => tls.connect(listener.address, { driver, tls: client });
  return {
    listener,
    async open(client) {
      const [near, far] = await Promise.all([connect(client), listener.receive()]);
      opened.push(near, far!);
      return [near, far as TlsConnection];
    },
    refused: (client) =>
      connect(client).then(
        () => assert.fail('connected'),
        (error: NetError) => error,
      ),
    async [Symbol.asyncDispose]() {
      for (const connection of opened) connection.abort();
      await Promise.all(opened.map(({ closed }) => closed));
      await listener.close();
    },
  };
}
