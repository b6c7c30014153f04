/** What the exchange counts, as Prometheus reads it (text format 0.0.4). */
import type { House } from '../house.ts';
import { statsOf } from '../stats.ts';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/** Requests of HTTP by the status of their answers. */
export class RequestCount {
  readonly #byStatus = new Map<number, number>();

  add(status: number): void {
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
  }

  get samples(): Sample[] {
    return [...this.#byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, count]) => [{ status: `${status}` }, count]);
  }
}

export function metrics(house: House, requests: RequestCount): Response {
  const stats = statsOf(house);
  const text = [
    gauge('members', 'Members now.', stats.members),
    gauge('rooms', 'Rooms now.', stats.rooms),
    gauge('connections', 'Connections that stay: of line doors, WebSocket and events.', stats.connections),
    family('door_clients', 'gauge', 'Clients of a door now.', house.doors.map(doorSample)),
    counter('messages', 'Messages said.', stats.messages),
    counter('deliveries', 'Events handed to members and listeners.', stats.deliveries),
    counter('dropped', 'Events dropped for those who read too slowly.', stats.dropped),
    counter('slow', 'Clients let go because they read too slowly.', stats.slow),
    counter('refused', 'Connections and members turned away.', stats.refused),
    counter('wrong_tokens', 'Wrong access tokens.', stats.wrongTokens),
    family('http_requests_total', 'counter', 'Requests of HTTP by status.', requests.samples),
    ...processMetrics(house),
  ].join('');
  return new Response(text, { headers: { 'content-type': TYPE } });
}

/** Named as Prometheus asks all to name them (prometheus.io, "Writing client libraries"). */
function processMetrics({ clock, wallTime, since }: House): string[] {
  const { user, system } = process.cpuUsage();
  const start = (wallTime() - (clock.now() - since)) / 1000;
  return [
    block('process_cpu_seconds_total', 'counter', 'CPU time of the process.', [[{}, (user + system) / 1e6]]),
    block('process_resident_memory_bytes', 'gauge', 'Memory that is resident.', [
      [{}, process.memoryUsage.rss()],
    ]),
    block('process_start_time_seconds', 'gauge', 'When the exchange was opened.', [[{}, start]]),
  ];
}

function doorSample({ kind, address, clients }: House['doors'][number]): Sample {
  return [{ door: kind, address: address.toString() }, clients];
}

function gauge(name: string, help: string, value: number): string {
  return family(name, 'gauge', help, [[{}, value]]);
}

function counter(name: string, help: string, value: number): string {
  return family(`${name}_total`, 'counter', help, [[{}, value]]);
}

function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  return block(`modnet_exchange_${name}`, type, help, samples);
}

function block(name: string, type: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
