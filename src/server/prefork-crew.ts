/** `prefork`: processes that accept from one listening socket, each one connection at a time. Precedent: Apache. */
import { Child } from './child.ts';
import type { Crew, Site } from './crew.ts';
import { Supervisor } from './supervisor.ts';

export async function openPrefork(site: Site): Promise<Crew> {
  const task = { kind: 'accept', concurrency: 1, together: true } as const;
  const supervisor = new Supervisor(site, (id) => new Child(site, id, task, site.socket!.fd));
  await supervisor.start(site.settings.workers);
  return supervisor;
}
