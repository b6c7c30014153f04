/**
 * One handler, written once, over every transport: it is given connections and does not ask what they are.
 *
 *     npm run example examples/any-transport.ts
 */
import { type Connection, drive } from 'modnet/core';
import { lines } from 'modnet/framing';
import { connect, listen } from 'modnet/transport';

/** Answers each line with its letters turned round. */
async function handle(connection: Connection): Promise<void> {
  await using channel = drive(connection, lines());
  for await (const line of channel) await channel.send([...line].reverse().join(''));
}

for (const address of ['tcp://127.0.0.1:0', 'unix:@modnet-example', 'udp://127.0.0.1:0', 'memory:example']) {
  // Datagrams have no end: a session of theirs ends when it has been silent for a while.
  await using listener = await listen(address, { sessionIdle: 200 });
  void listener.receive().then((connection) => connection && handle(connection));

  await using channel = drive(await connect(listener.address), lines());
  await channel.send('desserts');
  console.log(`${listener.address}  desserts -> ${await channel.receive()}`);
}
