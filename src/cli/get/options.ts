/** The options of `modnet get`, as commander gives them. */
import type { Address } from '../../core/index.ts';
import type { Driver } from '../../transport/index.ts';

export interface GetOptions {
  readonly method?: string;
  readonly header?: readonly (readonly [name: string, value: string])[];
  readonly data?: readonly string[];
  readonly head?: boolean;
  readonly compressed?: boolean;
  readonly location?: boolean;
  readonly maxRedirects: number;
  readonly include?: boolean;
  readonly output?: string;
  readonly fail?: boolean;
  /** Bytes. */
  readonly maxSize?: number;
  readonly verbose?: boolean;
  readonly timing?: boolean;
  readonly json?: boolean;
  /** Ms, as the next. */
  readonly maxTime?: number;
  readonly connectTimeout?: number;
  readonly proxy?: string;
  readonly address?: Address;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
  readonly driver?: Driver;
}
