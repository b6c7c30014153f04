/** What a server says of whether its services take calls: grpc.health.v1. It does not know how the services feel. */
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { Health, HealthCheckResponse_ServingStatus as Status } from '../gen/grpc/health/v1/health_pb.ts';

export type RpcHealthStatus = 'SERVING' | 'NOT_SERVING' | 'UNKNOWN';

/** Of one server at a time. Precedent: a mesh watches with one stream a peer; a thousand peers are many. */
export const MAX_HEALTH_WATCHERS = 1_000;

export class RpcHealth {
  /** By service; `''` is the server as a whole. */
  readonly #statuses = new Map<string, RpcHealthStatus>([['', 'SERVING']]);
  readonly #watchers = new Set<() => void>();
  #isDraining = false;

  /** Told of a service, or of `''`, the server as a whole. Whoever watches hears of it. A service that is unknown so far is one then. */
  set(service: string, status: RpcHealthStatus): void {
    this.#statuses.set(service, status);
    this.#tell();
  }

  /** What is said of it now; `undefined` for a service that is not known. */
  get(service: string): RpcHealthStatus | undefined {
    const status = this.#statuses.get(service);
    return status !== undefined && this.#isDraining ? 'NOT_SERVING' : status;
  }

  /** From here on nothing serves, whatever is set: new calls should go elsewhere. */
  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#tell();
  }

  /** Services that serve from the beginning. */
  add(services: readonly string[]): void {
    for (const service of services) this.#statuses.set(service, 'SERVING');
  }

  serve(router: ConnectRouter): void {
    router.service(Health, {
      check: ({ service }) => {
        const status = this.get(service);
        if (status === undefined)
          throw new ConnectError(`There is no service ${service} here`, Code.NotFound);
        return { status: Status[status] };
      },
      list: () => {
        const names = [...this.#statuses.keys()];
        return { statuses: Object.fromEntries(names.map((name) => [name, { status: this.#number(name) }])) };
      },
      watch: ({ service }, { signal }) => this.#watch(service, signal),
    });
  }

  async *#watch(service: string, signal: AbortSignal): AsyncGenerator<{ status: Status }> {
    if (this.#watchers.size >= MAX_HEALTH_WATCHERS)
      throw new ConnectError(`${MAX_HEALTH_WATCHERS} watch already`, Code.ResourceExhausted);
    let wake = (): void => {};
    const watcher = (): void => wake();
    this.#watchers.add(watcher);
    signal.addEventListener('abort', watcher);
    try {
      for (let last: Status | undefined; !signal.aborted; ) {
        // Made before the status is told: what is set while it is taken wakes, too.
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const isLast = this.#isDraining;
        const status = this.#number(service);
        if (status !== last) yield { status };
        // One who watches would otherwise hold up the server until its deadline.
        if (isLast) throw new ConnectError('The server is shutting down', Code.Unavailable);
        last = status;
        await changed;
      }
    } finally {
      this.#watchers.delete(watcher);
      signal.removeEventListener('abort', watcher);
    }
  }

  #number(service: string): Status {
    return Status[this.get(service) ?? 'SERVICE_UNKNOWN'];
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
