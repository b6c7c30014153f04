/** A thread that shakes hands with itself until it is terminated, through every function that OpenSSL calls back. */
import { parentPort, workerData } from 'node:worker_threads';
import { shakeHands, testContexts } from './test-engines.ts';

const { client, server } = testContexts(workerData);
parentPort?.postMessage('begun');
for (;;) {
  const pair = shakeHands(client, server);
  if (pair.client.alpn !== 'http/1.1' || pair.server.cipher === '') throw new Error('no handshake');
  pair.client.free();
  pair.server.free();
}
