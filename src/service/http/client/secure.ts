/** TLS on a connection that is there. */
import { NetError } from '../../../core/index.ts';
import type { Secure } from './dial.ts';

export const secureClient: Secure = async () => {
  throw new NetError('unsupported', 'TLS is not available here; give HttpClient the option `secure`');
};
