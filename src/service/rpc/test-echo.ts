/** The service of the tests: one method of each kind, and others that go wrong. */
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { ErrorInfoSchema } from './gen/google/rpc/error_details_pb.ts';
import { Case, Echo } from './gen/test-echo_pb.ts';

/** What became of the calls that hang. */
export interface EchoState {
  /** Calls of `hang` and `chat` that began. */
  begun: number;
  /** Those whose signal came. */
  cancelled: number;
  onChange(): void;
}

export function echoState(): EchoState {
  return { begun: 0, cancelled: 0, onChange: () => {} };
}

/** Settles when `isSo` holds of the state. */
export function stateIs(state: EchoState, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    state.onChange = () => isSo() && resolve();
    state.onChange();
  });
}

export function echoRoutes(state: EchoState = echoState()): (router: ConnectRouter) => void {
  return (router) => {
    router.service(Echo, {
      say: ({ text, case: letters, data }, context) => {
        const mine = context.requestHeader.get('x-mine');
        if (mine !== null) {
          context.responseHeader.set('x-head', mine);
          context.responseTrailer.set('x-tail', mine);
        }
        return { text: letters === Case.UPPER ? text.toUpperCase() : text, count: 1n, data };
      },
      look: ({ text }) => ({ text, count: 1n }),
      async *repeat({ text, times, data }) {
        for (let count = 1; count <= times; count++) yield { text, count: BigInt(count), data };
      },
      async collect(requests) {
        const texts: string[] = [];
        for await (const { text } of requests) texts.push(text);
        return { text: texts.join(' '), count: BigInt(texts.length) };
      },
      async *chat(requests, { signal }) {
        state.begun++;
        signal.addEventListener('abort', () => count(state));
        state.onChange();
        let count_ = 0n;
        for await (const { text } of requests) yield { text, count: ++count_ };
      },
      fail: ({ text }) => {
        const details = [
          { desc: ErrorInfoSchema, value: { reason: 'TEST', domain: 'modnet', metadata: { text } } },
        ];
        throw new ConnectError(`no ${text}`, Code.NotFound, { 'x-why': 'because' }, details);
      },
      hang: (_, { signal }) => {
        state.begun++;
        signal.addEventListener('abort', () => count(state));
        state.onChange();
        return new Promise(() => {});
      },
    });
  };
}

function count(state: EchoState): void {
  state.cancelled++;
  state.onChange();
}
