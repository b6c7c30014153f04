/** The options of `modnet call`, as commander gives them. */
import type { Address } from '../../core/index.ts';
import type { RpcProtocol } from '../../service/rpc/index.ts';
import type { Driver } from '../../transport/index.ts';

export interface CallOptions {
  readonly protocol: RpcProtocol;
  readonly header?: readonly (readonly [name: string, value: string])[];
  /** Ms, as the next. */
  readonly deadline?: number;
  readonly connectTimeout?: number;
  readonly descriptors?: string;
  readonly defaults?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  /** Bytes. */
  readonly maxSize?: number;
  readonly address?: Address;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
  readonly driver?: Driver;
}
