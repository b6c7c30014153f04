/** How messages are compressed, as names of `grpc-encoding` and `content-encoding`. It does not know whose messages they are. */
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants, gunzip, gzip, type ZlibOptions } from 'node:zlib';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Compression } from '@connectrpc/connect/protocol';

type Coder = (data: Uint8Array, options: ZlibOptions) => Promise<Buffer>;

/** Of 11: higher ones cost more than a message that is sent once is worth. Precedent: nginx's brotli module, 6; CDNs, 4. */
const BROTLI_QUALITY = 4;

const compressBrotli = promisify(brotliCompress);

/** The one that every implementation of gRPC has. */
export const GZIP: Compression = compression('gzip', promisify(gzip), promisify(gunzip));

export const BROTLI: Compression = compression(
  'br',
  (data) => compressBrotli(data, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  promisify(brotliDecompress) as Coder,
);

/** What both sides offer, the preferred first. */
export const COMPRESSIONS: readonly Compression[] = [GZIP, BROTLI];

function compression(name: string, compress: Coder, decompress: Coder): Compression {
  return {
    name,
    compress: async (data) => owned(await compress(data, {})),
    decompress: async (data, limit) => {
      if (data.length === 0) return new Uint8Array(0);
      try {
        return owned(await decompress(data, { maxOutputLength: limit }));
      } catch (error) {
        throw undone(error, name, limit);
      }
    },
  };
}

function undone(error: unknown, name: string, limit: number): ConnectError {
  const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
  return isLarge
    ? new ConnectError(`A message has more than ${limit} bytes, uncompressed`, Code.ResourceExhausted)
    : new ConnectError(`A message is not what ${name} compresses to`, Code.InvalidArgument);
}

/** Node's buffers are never in shared memory here, which their type does not say. */
function owned(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return buffer as Uint8Array as Uint8Array<ArrayBuffer>;
}
