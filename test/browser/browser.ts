/** What the tests with a browser share: an exchange with its page, a browser, and somebody at it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { type Browser, chromium as driver, type Page } from 'playwright-core';
import { type Exchange, type ExchangeOptions, startExchange } from '../../src/service/exchange/index.ts';
import { peer } from '../interop/peers.ts';

export const chromium = peer('chromium', 'chromium-browser', 'google-chrome');

let browser: Promise<Browser> | undefined;

/** One for all tests of a file; `closeBrowser` ends it. */
function openBrowser(): Promise<Browser> {
  // Chromium refuses to sandbox what root runs.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  browser ??= driver.launch({ executablePath: chromium.path, args });
  return browser;
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
}

export interface Stage {
  readonly url: string;
  readonly tcp: number;
  readonly udp: number;
  readonly exchange: Exchange;
  /** Ends the exchange and opens it again, on the same ports and the same history. */
  restart(whileAway?: () => Promise<void>): Promise<void>;
}

export async function stage(t: TestContext, options: ExchangeOptions = {}): Promise<Stage> {
  const data = mkdtempSync(join(tmpdir(), 'modnet-page-'));
  const open = (tcp: number, udp: number, http: number): Promise<Exchange> => {
    const doors = [`tcp://127.0.0.1:${tcp}`, `udp://127.0.0.1:${udp}`, `http://127.0.0.1:${http}`];
    return startExchange({ data, doors, ...options });
  };
  let exchange = await open(0, 0, 0);
  t.after(async () => {
    await exchange.close({ deadline: 0 });
    rmSync(data, { recursive: true });
  });
  const [tcp, udp, http] = ['tcp', 'udp', 'http'].map((scheme) => portOf(exchange, scheme)) as [
    number,
    number,
    number,
  ];
  return {
    url: `http://127.0.0.1:${http}/`,
    tcp,
    udp,
    get exchange() {
      return exchange;
    },
    restart: async (whileAway = async () => {}) => {
      await exchange.close({ deadline: 0 });
      await whileAway();
      exchange = await open(tcp, udp, http);
    },
  };
}

function portOf({ doors }: Exchange, scheme: string): number {
  const address = doors.find((door) => door.address.scheme === scheme)!.address;
  return address.kind === 'inet' ? address.port : 0;
}

export interface VisitOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  /** What the page may complain of. */
  readonly expected?: RegExp;
}

/** A page of its own, as another person has it. Whatever it complains of fails the test. */
export async function visit(t: TestContext, url: string, options: VisitOptions = {}): Promise<Page> {
  const { width = 1280, height = 800, theme = 'light', expected = /^$/ } = options;
  const context = await (await openBrowser()).newContext({ viewport: { width, height }, colorScheme: theme });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // That a connection is refused while the exchange is away is logged by the browser, not by the page.
    if (message.type() !== 'error' || expected.test(message.text())) return;
    if (!/WebSocket connection to/.test(message.text())) complaints.push(message.text());
  });
  t.after(() => {
    if (complaints.length > 0) throw new Error(`The page complained: ${complaints.join('\n')}`);
  });
  await page.goto(url);
  return page;
}

/** The same, in the exchange already. */
export async function enter(
  t: TestContext,
  url: string,
  name: string,
  options?: VisitOptions,
): Promise<Page> {
  const page = await visit(t, url, options);
  await page.fill('#name-input', name);
  await page.press('#name-input', 'Enter');
  await connected(page);
  return page;
}

/** Waits until the page is in the exchange. On a phone that is told in a drawer. */
export async function connected(page: Page): Promise<void> {
  await page.locator('#connection[data-state=open]').waitFor({ state: 'attached' });
}

/** Types a line and sends it. */
export async function write(page: Page, text: string): Promise<void> {
  await page.fill('#composer-text', text);
  await page.press('#composer-text', 'Enter');
}

/** Waits until a message with that text is there. */
export async function reads(page: Page, text: string): Promise<void> {
  await page.locator('#entries .body', { hasText: text }).first().waitFor();
}

/** The texts of all messages that are shown, in their order. */
export async function bodies(page: Page): Promise<string[]> {
  return await page.locator('#entries .body').allTextContents();
}

/** Waits until a function of the page returns something true; `argument` is handed to it. */
export async function until<A>(page: Page, condition: (argument: A) => unknown, argument: A): Promise<void> {
  await page.waitForFunction<unknown, A>(condition as never, argument as never);
}

export interface Person {
  type(line: string): void;
  reads(pattern: RegExp): Promise<string>;
}

/** Somebody with a program of the system, such as nc. */
export function person(t: TestContext, program: string, ...args: string[]): Person {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    type: (line) => void child.stdin.write(`${line}\n`),
    reads: async (pattern) => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error(`It ended before ${pattern}`);
        if (pattern.test(value)) return value;
      }
    },
  };
}
