/** A server whose only handler never returns, for signals to be sent to. Says what happens, a line each. */
import { serve, serverEvents } from './index.ts';
import type { ServerEvent } from './server.ts';

serverEvents.subscribe((published) => {
  const { event, message } = published as ServerEvent;
  if (event === 'drain') console.log(message);
});
const server = await serve(
  'tcp://127.0.0.1:0',
  async (_, { signal }) => {
    console.log('begun');
    signal.addEventListener('abort', () => console.log('draining'));
    await new Promise(() => {});
  },
  { drainTimeout: 3_600_000 },
);
console.log(String(server.address));
