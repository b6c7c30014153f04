/**
 * A folder as a web site, and what its answers look like: whole, in part, compressed, unchanged, and not there.
 *
 *     npm run example examples/static-site.ts
 *
 * It makes the folder, asks itself, and ends. For a folder of your own there is `modnet serve`.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveFiles, serveHttp } from 'modnet/service/http';

const folder = await mkdtemp(join(tmpdir(), 'modnet-site-'));
await writeFile(join(folder, 'index.html'), '<!doctype html><title>A site</title><p>Welcome');
await writeFile(join(folder, 'poem.txt'), 'So much depends upon a red wheel barrow\n'.repeat(1000));
await writeFile(join(folder, '.env'), 'SECRET=1');

const files = serveFiles(folder, { listing: true, maxAge: 60 });
const server = await serveHttp('http://127.0.0.1:0', files);

async function show(path: string, headers: Record<string, string> = {}): Promise<Headers> {
  const answer = await fetch(`${server.address}${path}`, {
    headers: { 'accept-encoding': 'identity', ...headers },
  });
  const { length } = await answer.bytes();
  const told = ['content-range', 'content-encoding', 'cache-control'].map(
    (name) => answer.headers.get(name) ?? '',
  );
  console.log(
    String(answer.status),
    path.padEnd(12),
    `${length} bytes`,
    ...told.filter((value) => value !== ''),
  );
  return answer.headers;
}

await show('/');
const { etag } = Object.fromEntries(await show('/poem.txt'));
await show('/poem.txt', { 'if-none-match': etag! });
await show('/poem.txt', { range: 'bytes=0-38' });
await show('/poem.txt', { 'accept-encoding': 'br, gzip' });
for (const path of ['/.env', '/..%2f..%2fetc/passwd', '/%00']) await show(path);

await server.close();
files.close();
await rm(folder, { recursive: true });
