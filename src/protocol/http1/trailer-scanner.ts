/** Trailers: fields behind the last chunk (RFC 9112 section 7.1.2). They must not decide what the head has decided. */
import type { Bytes } from '../../core/contract.ts';
import { latin1 } from './characters.ts';
import { bad } from './error.ts';
import { Fields } from './fields.ts';
import type { Http1Limits } from './limits.ts';
import {
  CONNECTION,
  CONTENT_LENGTH,
  EXPECT,
  HOST,
  NAME,
  SectionScanner,
  TRANSFER_ENCODING,
  UPGRADE,
} from './section-scanner.ts';

const NAMES: Readonly<Record<number, string>> = {
  [HOST]: 'Host',
  [CONTENT_LENGTH]: 'Content-Length',
  [TRANSFER_ENCODING]: 'Transfer-Encoding',
  [CONNECTION]: 'Connection',
  [EXPECT]: 'Expect',
  [UPGRADE]: 'Upgrade',
};

export class TrailerScanner extends SectionScanner {
  constructor(limits: Http1Limits) {
    super({
      what: 'trailer section',
      bytes: limits.trailerBytes,
      bytesName: 'trailerBytes',
      fields: limits.headers,
    });
  }

  begin(): void {
    this.reset(NAME);
  }

  protected override scanStart(_bytes: Bytes, _base: number, at: number): number {
    return at;
  }

  /** Refused rather than dropped: who sends them means to be read in two ways (RFC 9110 section 6.5.1). */
  protected override onField(kind: number): void {
    throw bad(`${NAMES[kind]} is not allowed in trailers`);
  }

  /** `undefined` when there are none. */
  take(bytes: Bytes, base: number): Fields | undefined {
    return this.count === 0 ? undefined : new Fields(latin1(bytes, base, base + this.length), 0, this.count);
  }
}
