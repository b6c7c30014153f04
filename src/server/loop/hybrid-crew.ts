/** `hybrid`: event loops in threads or processes, on one port. */

import type { Crew, Site } from '../crew.ts';
import { Child } from '../process/child.ts';
import type { Task } from '../workers/brief.ts';
import { Supervisor } from '../workers/supervisor.ts';
import { LoopThread } from './loop-thread.ts';
import { PostSockets } from './post-sockets.ts';

export async function openHybrid(site: Site): Promise<Crew> {
  const { workers, listener } = site.settings;
  const sockets = new PostSockets(site, listener === 'reuseport');
  const launch = (id: number, post: number): Child | LoopThread =>
    sockets.employ(post, (fd) => hire(site, id, fd));
  const supervisor = new Supervisor(site, launch, sockets);
  await supervisor.start(workers);
  return supervisor;
}

function hire(site: Site, id: number, fd: number): Child | LoopThread {
  const { isolation, listener, maxConnections } = site.settings;
  const task: Task = { kind: 'accept', concurrency: maxConnections, together: listener === 'shared' };
  return isolation === 'processes' ? new Child(site, id, task, fd) : new LoopThread(site, id, task, fd);
}
