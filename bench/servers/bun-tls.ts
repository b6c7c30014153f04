/** Bun.listen over TLS: `bun-tls.ts MODE`. Run by Bun. */
import { readFileSync } from 'node:fs';
import { ready } from './ready.ts';
import { TLS_CERTIFICATE } from './tls-certificate.ts';

const CHUNK = new Uint8Array(64 * 1024);
/** A sender that always finds room gives way to the other connections after as many chunks. */
const TURN = 16;

/** Bun takes what fits and leaves the rest to the caller. */
function write(socket: BunSocket, data: Uint8Array): void {
  if (socket.data.held.length > 0) {
    socket.data.held.push(data);
    return;
  }
  const taken = socket.write(data);
  if (taken >= 0 && taken < data.length) socket.data.held.push(data.subarray(taken));
}

function flush(socket: BunSocket): void {
  for (const data of socket.data.held.splice(0)) write(socket, data);
}

function fill(socket: BunSocket): void {
  flush(socket);
  for (let chunks = 0; socket.data.held.length === 0; chunks++) {
    if (chunks === TURN) {
      setImmediate(fill, socket);
      return;
    }
    write(socket, CHUNK);
  }
}

const ignore = (): void => {};
const MODES = {
  echo: { open: ignore, data: write, drain: flush },
  discard: { open: ignore, data: ignore, drain: ignore },
  source: { open: fill, data: ignore, drain: fill },
  hello: { open: (socket: BunSocket) => write(socket, CHUNK.subarray(0, 1)), data: ignore, drain: ignore },
} as const;

const mode = MODES[process.argv[2] as keyof typeof MODES];
const pem = readFileSync(TLS_CERTIFICATE, 'utf8');
const server = Bun.listen({
  hostname: '127.0.0.1',
  port: 0,
  tls: { cert: pem, key: pem },
  socket: {
    ...mode,
    open(socket) {
      socket.data = { held: [] };
      socket.setNoDelay(true);
      mode.open(socket);
    },
    close: ignore,
    error: ignore,
  },
});
ready(server.port);
