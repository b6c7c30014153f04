/** The process of the server that is measured. It does not know that it is. */
import { moduleBeside } from '../../../../core/index.ts';
import { type Architecture, serve } from '../../../../server/index.ts';
import { workersOf } from './plan.ts';
import type { Shared } from './workload.ts';

export interface ToServer {
  readonly architecture: Architecture;
  readonly handler: string;
  readonly shared: Shared;
}

export type FromServer = { readonly address: string } | { readonly failed: string };

process.on('disconnect', () => process.exit());
// A Ctrl-C reaches the whole group; the parent decides what it means.
process.on('SIGINT', () => {});
process.once('message', (message: ToServer) => void run(message));

async function run({ architecture, handler, shared }: ToServer): Promise<void> {
  try {
    const server = await serve('tcp://127.0.0.1:0', moduleBeside(import.meta.url, `handlers/${handler}`), {
      ...workersOf(architecture),
      architecture,
      shared,
      backlog: 1024,
      drainTimeout: 0,
      signals: false,
    });
    process.once('SIGTERM', () => void server.close().finally(() => process.exit()));
    tell({ address: String(server.address) });
  } catch (thrown) {
    tell({ failed: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}

function tell(message: FromServer): void {
  process.send?.(message);
}
