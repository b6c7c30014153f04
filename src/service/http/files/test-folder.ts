/** Folders that tests fill and that are gone afterwards, and handlers on them. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { testContext, testRequest } from '../test-context.ts';
import { type FileHandler, type FileOptions, serveFiles } from './serve-files.ts';

/** Files by path; all of them changed at `CHANGED`. */
export type Content = Readonly<Record<string, string | Uint8Array>>;

/** A whole second, long ago. */
export const CHANGED = new Date('2024-05-06T07:08:09Z');

export function testFolder(t: TestContext, content: Content): string {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-files-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [path, bytes] of Object.entries(content)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
    utimesSync(join(folder, path), CHANGED, CHANGED);
  }
  return folder;
}

export interface Asked {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly text: string;
}

export interface TestFiles {
  readonly folder: string;
  readonly handler: FileHandler;
  ask(path: string, headers?: Record<string, string>, method?: string): Promise<Asked>;
}

export function testFiles(t: TestContext, content: Content, options: FileOptions = {}): TestFiles {
  const folder = testFolder(t, content);
  const handler = serveFiles(folder, options);
  t.after(() => handler.close());
  return {
    folder,
    handler,
    ask: (path, headers = {}, method = 'GET') => ask(handler, testRequest(path, { headers, method })),
  };
}

/** Asks and reads all of the answer. */
export async function ask(handler: FileHandler, request: Request): Promise<Asked> {
  const response = await handler(request, testContext());
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, body, text: body.toString() };
}
