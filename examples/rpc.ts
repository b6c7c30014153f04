/**
 * A service with a method of each kind, and clients that call it by gRPC over HTTP/2 and by Connect over HTTP/1.1.
 *
 *     npm run example examples/rpc.ts
 *
 * `examples/rpc/weather.proto` defines it; `npm run generate` wrote the code beside it. While it runs, any client of gRPC can call:
 * `modnet call`, grpcurl, or curl with JSON.
 */
import { HttpClient, serveHttp } from 'modnet/service/http';
import { Code, ConnectError, createClient, RPC_SERVER, rpcHandler, rpcTransport } from 'modnet/service/rpc';
import { Weather } from './rpc/weather_pb.ts';

const readings = new Map([
  ['Oslo', [-3, -1, 2]],
  ['Lima', [19, 21, 22]],
]);

const handler = rpcHandler((router) =>
  router.service(Weather, {
    now: ({ name }) => ({ place: name, celsius: of(name).at(-1)! }),
    async *history({ name }) {
      for (const celsius of of(name)) yield { place: name, celsius };
    },
    async report(reported) {
      let [count, warmest] = [0, -Infinity];
      for await (const { celsius } of reported) [count, warmest] = [count + 1, Math.max(warmest, celsius)];
      return { readings: count, warmest };
    },
    async *follow(places) {
      for await (const { name } of places) yield { place: name, celsius: of(name).at(-1)! };
    },
  }),
);

function of(name: string): readonly number[] {
  const found = readings.get(name);
  if (found === undefined) throw new ConnectError(`nobody measures in ${name || 'nowhere'}`, Code.NotFound);
  return found;
}

const server = await serveHttp('http://127.0.0.1:0', handler, RPC_SERVER);
const url = String(server.address);

await using grpc = rpcTransport(url);
const weather = createClient(Weather, grpc);
console.log(`now      ${(await weather.now({ name: 'Oslo' })).celsius}`);

const past: number[] = [];
for await (const { celsius } of weather.history({ name: 'Lima' })) past.push(celsius);
console.log(`history  ${past.join(', ')}`);

async function* measured() {
  for (const celsius of [4, 7, 5]) yield { place: 'Rome', celsius };
}
const { readings: count, warmest } = await weather.report(measured());
console.log(`report   ${count} readings, up to ${warmest}`);

async function* places() {
  yield { name: 'Oslo' };
  yield { name: 'Lima' };
}
for await (const { place, celsius } of weather.follow(places())) console.log(`follow   ${place} ${celsius}`);

await using http = new HttpClient();
const byConnect = rpcTransport(url, { fetch: (target, init) => http.fetch(target, init) });
try {
  await createClient(Weather, byConnect).now({ name: 'Atlantis' }, { timeoutMs: 1_000 });
} catch (error) {
  console.log(`connect  ${(error as ConnectError).message}`);
}

await grpc.close();
await http.close();
await server.close();
