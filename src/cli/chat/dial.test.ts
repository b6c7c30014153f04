import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ChatClient, type ChatEvent } from '../../service/chat/index.ts';
import { startExchange } from '../../service/exchange/index.ts';
import { dial } from './dial.ts';

test('the chat talks through the WebSocket of an exchange, with and without its path', {
  timeout: 20_000,
}, async (t) => {
  const token = 'open-sesame';
  const exchange = await startExchange({ data: null, doors: ['http://127.0.0.1:0'], token });
  t.after(() => exchange.close({ deadline: 0 }));
  const url = String(exchange.doors[0]!.address).replace('http', 'ws');
  const heard = Promise.withResolvers<ChatEvent>();
  const enter = async (name: string, where: string): Promise<ChatClient> => {
    const onEvent = (event: ChatEvent): void => {
      if (name === 'bob' && event.type === 'message') heard.resolve(event);
    };
    const client = new ChatClient({ name, token, dial: (options) => dial(where, options), onEvent });
    t.after(() => client.abort());
    await client.connect();
    return client;
  };
  const bob = await enter('bob', `${url}/ws`);
  const anna = await enter('anna', url);
  await anna.say('zwölf 🐦\nin two lines');
  const event = (await heard.promise) as ChatEvent & { body?: string };
  assert.match(JSON.stringify(event), /zwölf 🐦\\nin two lines/);
  await anna.close();
  await bob.close();
  assert.equal(exchange.stats().members, 0);
});

test('the chat talks over TLS, trusting the authority that its address names', {
  timeout: 20_000,
}, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'modnet-dial-'));
  const exchange = await startExchange({ data, doors: ['https://127.0.0.1:0'] });
  t.after(async () => {
    await exchange.close({ deadline: 0 });
    rmSync(data, { recursive: true });
  });
  const [door] = exchange.doors;
  const url = String(door!.address).replace('https', 'wss');
  const client = new ChatClient({
    name: 'anna',
    dial: (options) => dial(`${url}?ca=${door!.authority}`, options),
    onEvent: () => {},
  });
  await client.connect();
  await client.say('hello');
  await client.close();
  assert.equal(exchange.stats().messages, 1);
  await assert.rejects(dial(url, {}), /certificate|self-signed|authority/i);
});

test('who is no exchange is told as such', { timeout: 20_000 }, async () => {
  await assert.rejects(dial('ws://127.0.0.1:1/ws', {}), /Cannot connect to .*127\.0\.0\.1:1.*refused/);
});
