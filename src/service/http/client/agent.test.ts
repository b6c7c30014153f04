/** `node:http` and undici, both not ours, over every transport of ours. */
import assert from 'node:assert/strict';
import { type Agent, get, type IncomingMessage, request as nodeRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { Client, fetch, request, Agent as UndiciAgent } from 'undici';
import { listen } from '../../../transport/index.ts';
import { toAgent, toConnector } from './agent.ts';
import type { DialerOptions } from './dialer.ts';
import { Peer } from './test-stage.ts';

const limited = { timeout: 20_000 };

/** Says of each request its number, its connection's number, its first line and its body. */
async function server(address: string) {
  const listener = await listen(address);
  let connections = 0;
  const serve = async (peer: Peer, connection: number): Promise<void> => {
    for (let count = 1, head = await peer.head(); head !== null; head = await peer.head(), count++) {
      const [, length = '0'] = /content-length: (\d+)/i.exec(head) ?? [];
      const body = await peer.bytes(Number(length));
      await peer.answer(`${connection}.${count} ${head.split('\r\n')[0]} ${body}`);
    }
    await peer.connection.close();
  };
  const accepting = (async () => {
    for await (const connection of listener) void serve(new Peer(connection), ++connections).catch(() => {});
  })();
  return {
    address: String(listener.address),
    async [Symbol.asyncDispose]() {
      await listener.close();
      await accepting;
    },
  };
}

function getText(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (answer: IncomingMessage) => void text(answer).then(resolve, reject)).on(
      'error',
      reject,
    );
  });
}

const ADDRESSES = ['tcp://127.0.0.1:0', `unix:@modnet-agent-${process.pid}`, 'memory:'];

for (const at of ADDRESSES) {
  const [scheme] = at.split(':');
  describe(`over ${scheme}`, limited, () => {
    test('node:http, with keep-alive', async () => {
      await using far = await server(at);
      const agent = toAgent({ address: far.address, agent: { keepAlive: true, maxSockets: 1 } });
      assert.equal(await getText('http://any.example/a', agent), '1.1 GET /a HTTP/1.1 ');
      assert.equal(await getText('http://any.example/b', agent), '1.2 GET /b HTTP/1.1 ');
      agent.destroy();
    });

    test('node:http, with a body', async () => {
      await using far = await server(at);
      const agent = toAgent({ address: far.address });
      const answer = await new Promise<string>((resolve, reject) => {
        const sending = nodeRequest(
          'http://any/',
          { agent, method: 'PUT', headers: { 'content-length': 3 } },
          (message) => {
            text(message).then(resolve, reject);
          },
        );
        sending.on('error', reject).end('abc');
      });
      assert.equal(answer, '1.1 PUT / HTTP/1.1 abc');
      agent.destroy();
    });

    test('undici', async () => {
      await using far = await server(at);
      const dispatcher = new UndiciAgent({ connect: toConnector({ address: far.address }), connections: 1 });
      const first = await request('http://any.example/a', { dispatcher });
      assert.equal(await first.body.text(), '1.1 GET /a HTTP/1.1 ');
      const second = await fetch('http://any.example/b', { dispatcher, method: 'POST', body: 'abc' });
      assert.equal(await second.text(), '1.2 POST /b HTTP/1.1 abc');
      await dispatcher.close();
    });
  });
}

test('a URL leads where it says, when no address is given', limited, async () => {
  await using far = await server('tcp://127.0.0.1:0');
  const url = far.address.replace('tcp:', 'http:');
  const agent = toAgent();
  assert.equal(await getText(`${url}/x`, agent), '1.1 GET /x HTTP/1.1 ');
  agent.destroy();
  const client = new Client(url, { connect: toConnector() });
  const { body } = await client.request({ path: '/y', method: 'GET' });
  assert.equal(await body.text(), '2.1 GET /y HTTP/1.1 ');
  await client.close();
});

test('what fails on the way reaches the client, with the step', limited, async () => {
  const options: DialerOptions = {
    transport: { resolve: () => Promise.reject(new Error('no name server')) },
  };
  const step = { step: 'name', message: /Connecting to http:\/\/a\.example\/: the name was not resolved/ };
  await assert.rejects(getText('http://a.example/', toAgent(options)), step);
  const dispatcher = new UndiciAgent({ connect: toConnector(options) });
  await assert.rejects(request('http://a.example/', { dispatcher }), step);
  await dispatcher.destroy();
});

test('a socket that is silent is told so', limited, async () => {
  const listener = await listen('memory:');
  const agent = toAgent({ address: listener.address, agent: { timeout: 10 } });
  const timedOut = await new Promise((resolve) => {
    const asking = get('http://any/', { agent }, () => resolve(false));
    asking.on('timeout', () => resolve(true)).on('error', () => {});
    asking.on('timeout', () => asking.destroy());
  });
  assert.equal(timedOut, true);
  agent.destroy();
  await listener.close();
});

test('an agent for https speaks TLS, with the name that is wanted', limited, async () => {
  await using far = await server('memory:');
  const names: unknown[] = [];
  const agent = toAgent({
    address: far.address,
    protocol: 'https:',
    secure: async (connection, { serverName }) => {
      names.push(serverName);
      return connection;
    },
  });
  assert.equal(await getText('https://a.example/x', agent), '1.1 GET /x HTTP/1.1 ');
  assert.deepEqual(names, ['a.example']);
  agent.destroy();
});
