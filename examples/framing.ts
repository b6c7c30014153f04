/**
 * Messages with a JSON header, over a connection in memory: a client asks, a server answers, one message at a time.
 *
 *     node -C modnet-source examples/framing.ts
 *
 * Give it to another transport by changing the address: the framing does not know what carries it.
 */
import { type Channel, type Connection, drive, NetError } from 'modnet/core';
import { type JsonMessage, type JsonOutgoing, jsonHeader, parseFraming } from 'modnet/framing';
import { memory } from 'modnet/transport/memory';

interface Question {
  readonly action: string;
  readonly text: string;
}

const listener = await memory.listen('memory:answers');
const server = serveOne();

const client = messages(await memory.connect('memory:answers'));
await client.send({ value: { action: 'upper', text: 'grüße' } });
await client.send({ value: { action: 'count', text: 'grüße' } });
await client.send({ content: Uint8Array.of(0xde, 0xad), header: { 'content-type': 'image/x-raw' } });
for (let count = 0; count < 3; count++) {
  const answer = await client.receive();
  console.log(answer?.header['content-length'], 'bytes:', answer?.value);
}
await client.close();
await server;
await listener.close();

// Without a connection: a framing takes bytes and gives messages, whoever moves them.
const framing = parseFraming('netstring,max=1k')();
framing.receive(new TextEncoder().encode('5:hello,6:wor'), 0);
console.log(framing.next()?.length, framing.next());
try {
  framing.receive(null, 0);
  framing.next();
} catch (error) {
  if (error instanceof NetError) console.log(`${error.code}: ${error.message}`);
}

function messages(connection: Connection): Channel<JsonMessage, JsonOutgoing> {
  return drive(connection, jsonHeader({ max: 64 * 1024 }));
}

async function serveOne(): Promise<void> {
  const connection = await listener.receive();
  if (connection === null) return;
  await using channel = messages(connection);
  for await (const message of channel) await channel.send({ value: answer(message) });
}

function answer({ header, value }: JsonMessage): unknown {
  if (value === undefined) return `cannot read ${header['content-type']}`;
  const { action, text } = value as Question;
  return action === 'upper' ? text.toUpperCase() : text.length;
}
