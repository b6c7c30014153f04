/** `prefork`: processes that accept from one listening socket, each one connection at a time. Precedent: Apache. */

import type { Crew, Site } from '../crew.ts';
import { PostSockets } from '../loop/post-sockets.ts';
import type { Task } from '../workers/brief.ts';
import { Supervisor } from '../workers/supervisor.ts';
import { Child } from './child.ts';

const TASK: Task = { kind: 'accept', concurrency: 1, together: true };

export async function openPrefork(site: Site): Promise<Crew> {
  const sockets = new PostSockets(site, false);
  const launch = (id: number, post: number): Child =>
    sockets.employ(post, (fd) => new Child(site, id, TASK, fd));
  const supervisor = new Supervisor(site, launch, sockets);
  await supervisor.start(site.settings.workers);
  return supervisor;
}
