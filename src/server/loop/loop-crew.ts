/** `serial` and `reactor`: one event loop, this thread's; they differ in how many connections it serves at a time. */
import { listen } from '../../transport/index.ts';
import type { Crew, Site } from '../crew.ts';
import { type Handler, loadHandler } from '../handler.ts';
import { DescriptorIntake, type Intake, ListenerIntake } from './intake.ts';
import { Station } from './station.ts';

export async function openLoop(site: Site): Promise<Crew> {
  const { settings, roster } = site;
  const { architecture, shared, idle, maxConnections, maxPerAddress, transport } = settings;
  const handler: Handler = site.handler instanceof URL ? await loadHandler(site.handler) : site.handler;
  const intake = await openIntake(site);
  roster.enter(process.pid, 0);
  const station = new Station({
    handler,
    context: { architecture, worker: 0, shared },
    scoreboard: roster.scoreboard,
    concurrency: architecture === 'serial' ? 1 : maxConnections,
    limitsAddresses: maxPerAddress > 0,
    idle,
    clock: transport.clock ?? transport.engine?.clock,
    onFailure: (error) => site.publish({ event: 'failure', worker: 0, message: error.message, error }),
    onTrouble: (error) => site.publish({ event: 'trouble', message: error.message, error }),
    onLost: (error) => site.lost(error),
  });
  station.open(intake);
  return {
    queued: 0,
    restarts: 0,
    drain: (timeout) => {
      const drained = station.drain(timeout);
      site.stopListening();
      return drained;
    },
  };
}

async function openIntake({ socket, address, settings, listensOn }: Site): Promise<Intake> {
  if (socket !== undefined) return new DescriptorIntake(socket.fd, address, settings.transport);
  const listener = await listen(address, settings.transport);
  listensOn(listener.address);
  return new ListenerIntake(listener);
}
