/** The page with an exchange that says what a test wants. */
import type { TestContext } from 'node:test';
import type { Page, WebSocketRoute } from 'playwright-core';
import { visit } from './browser.ts';

export interface MockRequest {
  readonly id: number;
  readonly body: string;
  readonly limit: number;
  readonly before?: number;
}

export interface Mock {
  /** Sends something to the page. */
  socket(message: object): void;
  /** Answers a type of request in place of what is answered otherwise. */
  on(type: string, answer: (request: MockRequest) => void): void;
  close(): void;
}

/** Enters as carla. @param play called for each connection, after its hello */
export async function mocked(t: TestContext, url: string, play: (mock: Mock) => void): Promise<Page> {
  const page = await visit(t, 'about:blank');
  await page.routeWebSocket(/\/ws$/, (route) => serve(route, play));
  await page.goto(url);
  await page.fill('#name-input', 'carla');
  await page.press('#name-input', 'Enter');
  return page;
}

function serve(route: WebSocketRoute, play: (mock: Mock) => void): void {
  const socket = (message: object): void => route.send(JSON.stringify(message));
  const answers: Record<string, (request: MockRequest) => void> = {
    hello: ({ id }) => {
      const limits = {
        body: 4096,
        line: 32768,
        name: 32,
        rooms: 32,
        history: 200,
        rate: 20,
        burst: 60,
        idle: 0,
      };
      socket({
        type: 'welcome',
        id,
        protocol: 1,
        server: 'modnet/0',
        session: 'ws-1',
        member: 'carla',
        rooms: ['lobby'],
        limits,
      });
    },
    history: ({ id }) => socket({ type: 'history', id, room: 'lobby', messages: [], before: null }),
    who: ({ id }) =>
      socket({ type: 'members', id, room: 'lobby', members: [{ member: 'carla', door: 'ws' }], total: 1 }),
  };
  route.onMessage((data) => {
    const request = JSON.parse(String(data));
    answers[request.type]?.(request);
  });
  const on: Mock['on'] = (type, answer) => {
    answers[type] = answer;
  };
  const close = (): void => void route.close({ code: 1012 });
  const hello = answers.hello!;
  answers.hello = (request) => {
    hello(request);
    play({ socket, on, close });
  };
}
