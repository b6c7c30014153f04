/**
 * One handler under all seven server architectures.
 *
 *     node -C modnet-source examples/architectures.ts
 *
 * Each server is asked once, tells its statistics and drains.
 */
import { drive } from 'modnet/core';
import { lines } from 'modnet/framing';
import { ARCHITECTURES, type Architecture, serve } from 'modnet/server';
import { connect } from 'modnet/transport';

const handler = new URL('./handlers/reverse.ts', import.meta.url);

for (const architecture of ARCHITECTURES) {
  const workers = architecture === 'serial' || architecture === 'reactor' ? undefined : 2;
  await using server = await serve('tcp://127.0.0.1:0', handler, { architecture, workers });
  await using channel = drive(await connect(server.address), lines());
  await channel.send('desserts');
  const [answer, worker] = (await channel.receive())!.split(' ');
  console.log(architecture.padEnd(9), answer, nameOf(architecture, Number(worker)));
}

function nameOf(architecture: Architecture, worker: number): string {
  if (worker === 0) return ' in this thread';
  const standing = architecture !== 'process' && architecture !== 'thread';
  return standing ? ` worker ${worker} of 2` : ` worker ${worker}, made for this connection`;
}
