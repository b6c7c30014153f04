/**
 * Ten users on one thread: each waits, connects, is asked, asks back, and leaves, all at the same time on a loop that
 * owns the thread. Nobody tells the loop to end: it ends when nothing is left to wait for.
 *
 *     npm run example examples/ten-users.ts
 */
import { drive, type HalfCloseable, type Listener } from 'modnet/core';
import { lines } from 'modnet/framing';
import { ReadinessEngine, StandingLoop } from 'modnet/loop';
import { tcp } from 'modnet/transport/tcp';

const USERS = 10;

const loop = new StandingLoop();
const engine = new ReadinessEngine(loop);
const say = (who: string, text: string): void =>
  console.log(`${loop.now().toFixed(0).padStart(6)} ms  ${who}: ${text}`);
const wait = (delay: number): Promise<void> => new Promise((resolve) => loop.after(delay, resolve));

const listener = await tcp.listen('tcp://127.0.0.1:0', { engine, driver: 'kernel' });
void host(listener);
void Promise.all(Array.from({ length: USERS }, (_, index) => user(index + 1))).then(() => listener.close());

await loop.run();
console.log(
  `Nothing is left to wait for. Turns took ${loop.lag.mean.toFixed(2)} ms on average, ${loop.lag.max.toFixed(2)} ms at most.`,
);

async function host(visitors: Listener<HalfCloseable>): Promise<void> {
  for await (const visitor of visitors) void receive(visitor);
}

/** Asks a visitor for a sum, and answers what the visitor asks. */
async function receive(visitor: HalfCloseable): Promise<void> {
  await using channel = drive(visitor, lines(), { clock: loop });
  const [a, b] = [Math.ceil(Math.random() * 9), Math.ceil(Math.random() * 9)];
  await channel.send(`What is ${a} + ${b}?`);
  const answer = await channel.receive();
  await channel.send(Number(answer) === a + b ? 'Right.' : `No, ${a + b}.`);
  const question = await channel.receive();
  await channel.send(`You asked "${question}" and I say: yes.`);
}

async function user(number: number): Promise<void> {
  const name = `user ${number}`;
  await wait(Math.random() * 200);
  const connection = await tcp.connect(`${listener.address}`, { engine, driver: 'kernel' });
  await using channel = drive(connection, lines(), { clock: loop });
  const question = await channel.receive();
  const [a, b] = [...(question ?? '').matchAll(/\d+/g)].map(Number);
  await wait(50 + Math.random() * 100);
  say(name, `${question} I think ${a! + b!}.`);
  await channel.send(String(a! + b!));
  say(name, `I hear: ${await channel.receive()}`);
  await channel.send(`Is ${number} a fine number?`);
  say(name, `I hear: ${await channel.receive()}`);
}
