/** `prefork`: processes that accept from one listening socket, each one connection at a time. Precedent: Apache. */
import type { Task } from './brief.ts';
import { Child } from './child.ts';
import type { Crew, Site } from './crew.ts';
import { PostSockets } from './post-sockets.ts';
import { Supervisor } from './supervisor.ts';

const TASK: Task = { kind: 'accept', concurrency: 1, together: true };

export async function openPrefork(site: Site): Promise<Crew> {
  const sockets = new PostSockets(site, false);
  const launch = (id: number, post: number): Child =>
    sockets.employ(post, (fd) => new Child(site, id, TASK, fd));
  const supervisor = new Supervisor(site, launch, sockets);
  await supervisor.start(site.settings.workers);
  return supervisor;
}
