/** What happens to calls, for whoever subscribes on `node:diagnostics_channel`. */
import { channel } from 'node:diagnostics_channel';

/** Published on `modnet:rpc:call`, when a call is over. */
export interface RpcCallEvent {
  /** `package.Service`. */
  readonly service: string;
  readonly method: string;
  readonly kind: 'unary' | 'server_streaming' | 'client_streaming' | 'bidi_streaming';
  /** `grpc`, `grpc-web` or `connect`; `''` when the request fits none. */
  readonly protocol: string;
  /** `ok`, or the name of the code: `not_found`. */
  readonly code: string;
  /** Ms from the request to the last byte of the answer. */
  readonly duration: number;
  /** Bytes of the bodies. */
  readonly received: number;
  readonly sent: number;
  /** The address of the peer, where the server told. */
  readonly remote: string | undefined;
  /** What the implementation threw, when that was no `ConnectError`: the client hears only `internal error`. */
  readonly error: unknown;
}

export const callEnded = channel('modnet:rpc:call');
