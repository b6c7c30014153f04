/**
 * The servers that the corpus of HTTP/1.1 is sent to: nginx and HAProxy in front of a server that takes anything, so that
 * what is refused they refuse, and node:http. All listen on Unix sockets in one folder, for neither proxy takes port 0.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Tool } from '../tool.ts';
import { peer } from './peers.ts';

export const NAMES = ['nginx', 'haproxy', 'node:http'] as const;
export type Name = (typeof NAMES)[number];

/** Why a server cannot run here, or `false`. */
export const SKIP: Readonly<Record<Name, string | false>> = {
  nginx: peer('nginx').skip,
  haproxy: peer('haproxy').skip,
  'node:http': false,
};

/** Milliseconds until a program must listen, and in which a connection must have ended. */
const PATIENCE = 10_000;

export class Servers implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'modnet-http1-'));
  readonly #tools: Tool[] = [];
  readonly #servers: Server[] = [];

  /** Starts one; resolves when it listens. */
  async start(name: Name): Promise<void> {
    if (name === 'node:http') return this.#startNode();
    await this.#startBackend();
    const file = join(this.#folder, `${name}.conf`);
    writeFileSync(file, name === 'nginx' ? this.#nginx() : this.#haproxy());
    const args = name === 'nginx' ? ['-c', file, '-p', this.#folder, '-e', 'stderr'] : ['-db', '-f', file];
    this.#tools.push(new Tool(peer(name).path, args));
    await untilConnected(this.#path(name));
  }

  /**
   * Sends a text of the corpus and ends the sending half. Returns the statuses of what came back, such as `200 400`, or
   * `closed` when nothing came.
   */
  async answer(name: Name, text: string): Promise<string> {
    const socket = connect({ path: this.#path(name), allowHalfOpen: true });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // Who is refused may be reset, with the answer before it.
    socket.on('error', () => {});
    socket.setTimeout(PATIENCE, () => socket.destroy());
    socket.end(Buffer.from(text, 'latin1'));
    socket.on('end', () => socket.destroy());
    await new Promise<void>((resolve) => socket.on('close', () => resolve()));
    const answers = Buffer.concat(chunks)
      .toString('latin1')
      .matchAll(/^HTTP\/1\.[01] ([2-9]\d\d)/gm);
    return [...answers].map(([, status]) => status).join(' ') || 'closed';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tool of this.#tools) tool.kill();
    for (const server of this.#servers) server.close();
    await Promise.all(this.#tools.map((tool) => tool.ended));
    rmSync(this.#folder, { recursive: true });
  }

  #path(name: string): string {
    return join(this.#folder, `${name.replace(':', '-')}.sock`);
  }

  async #startNode(): Promise<void> {
    const server = createHttpServer((request, response) => {
      request.resume().on('end', () => response.end('ok\n'));
    });
    await this.#listen(server, 'node:http');
  }

  /** Answers whatever looks like a head. */
  async #startBackend(): Promise<void> {
    if (this.#servers.some((server) => server.address() === this.#path('backend'))) return;
    const server = createServer((socket) => {
      let head = '';
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        if (head.includes('\r\n\r\n')) return;
        head += chunk.toString('latin1');
        if (!head.includes('\r\n\r\n')) return;
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n');
      });
    });
    await this.#listen(server, 'backend');
  }

  async #listen(server: Server, name: string): Promise<void> {
    this.#servers.push(server);
    server.listen(this.#path(name));
    await once(server, 'listening');
  }

  #nginx(): string {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    return `daemon off; master_process off; pid ${this.#folder}/nginx.pid; error_log stderr crit;
events { worker_connections 64; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${this.#folder}/${name};`).join('\n  ')}
  server {
    listen unix:${this.#path('nginx')};
    location / {
      proxy_pass http://unix:${this.#path('backend')}:;
      proxy_ignore_client_abort on;
    }
  }
}
`;
  }

  #haproxy(): string {
    return `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
  # The whole body before anything is passed on, as nginx does.
  option http-buffer-request
listen front
  bind ${this.#path('haproxy')}
  server back unix@${this.#path('backend')}
`;
  }
}

async function untilConnected(path: string): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await isListening(path))) {
    if (Date.now() > deadline) throw new Error(`Nobody listens on ${path} after ${PATIENCE} ms`);
    await delay(20);
  }
}

async function isListening(path: string): Promise<boolean> {
  const socket = connect(path).on('error', () => {});
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
