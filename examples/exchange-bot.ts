/**
 * A bot for the exchange, over JSON lines: it rolls dice for whoever says `!roll`, or `!roll 3`, and leaves on `!bye`.
 *
 *     npm run example examples/exchange-bot.ts tcp://127.0.0.1:7000
 *
 * Without an address it opens an exchange of its own on a free port, with somebody in it who asks, and ends by itself.
 */
import { randomInt } from 'node:crypto';
import { type Channel, drive } from 'modnet/core';
import { lines } from 'modnet/framing';
import { startExchange } from 'modnet/service/exchange';
import { connect } from 'modnet/transport';

/** What this bot looks at of what the exchange sends; docs/exchange.schema.json has it all. */
interface Incoming {
  readonly type: string;
  readonly sender?: string;
  readonly room?: string;
  readonly body?: string;
  readonly member?: string;
  readonly message?: string;
}

const MAX_DICE = 10;

const [url] = process.argv.slice(2);
if (url === undefined) await play();
else await rollDice(url);

async function play(): Promise<void> {
  const exchange = await startExchange({ data: null, doors: ['tcp://127.0.0.1:0'] });
  const address = exchange.doors[0]!.address.toString();
  await Promise.all([rollDice(address), askForDice(address)]);
  const { messages } = await exchange.close();
  console.log(`${messages} messages were said`);
}

/** The bot. */
async function rollDice(where: string): Promise<void> {
  const channel = await open(where, 'dice');
  for await (const line of channel) {
    const { type, sender, room, body = '', message } = JSON.parse(line) as Incoming;
    if (type === 'error') console.error(message);
    if (type !== 'message' || sender === 'dice') continue;
    const count = /^!roll(?: (\d+))?$/.exec(body)?.[1] ?? '1';
    if (body === '!bye') await send(channel, { type: 'quit' });
    else if (body.startsWith('!roll')) await send(channel, { type: 'say', room, body: roll(Number(count)) });
  }
  await channel.close();
}

/** Somebody who waits until the bot is there, asks twice, and sends it away. */
async function askForDice(where: string): Promise<void> {
  const channel = await open(where, 'anna');
  const questions = ['!roll', '!roll 3', '!bye'];
  await send(channel, { type: 'who' });
  for await (const line of channel) {
    const event = JSON.parse(line) as Incoming;
    const isHere =
      event.type === 'members' ? line.includes('"dice"') : event.type === 'joined' && event.member === 'dice';
    const hasAnswered = event.type === 'message' && event.sender === 'dice';
    if (event.type === 'message') console.log(`${event.sender}: ${event.body}`);
    if (event.type === 'left') break;
    if ((isHere && questions.length === 3) || hasAnswered)
      await send(channel, { type: 'say', body: questions.shift() });
  }
  await channel.close();
}

async function open(where: string, name: string): Promise<Channel<string>> {
  const channel = drive(await connect(where), lines());
  await send(channel, { type: 'hello', name });
  return channel;
}

function send(channel: Channel<string>, request: object): Promise<void> {
  return channel.send(JSON.stringify(request));
}

function roll(count: number): string {
  const dice = Array.from({ length: Math.min(count, MAX_DICE) }, () => randomInt(1, 7));
  return `you rolled ${dice.join(', ')}`;
}
