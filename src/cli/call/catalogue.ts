/** What services there are and what they speak: told by the server (reflection), or by a file of descriptors. */
import { readFileSync } from 'node:fs';
import {
  createFileRegistry,
  type DescMethod,
  type DescService,
  type FileRegistry,
  fromBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { NetError, systemError } from '../../core/index.ts';
import { Code, ConnectError, type RpcReflection } from '../../service/rpc/index.ts';

export interface Catalogue {
  /** Full names, sorted. */
  services(): Promise<readonly string[]>;
  /** Where the symbol is defined, and all that it speaks of. */
  registryOf(symbol: string): Promise<FileRegistry>;
}

/**
 * A `FileDescriptorSet` as `protoc --include_imports -o FILE` and `buf build -o FILE` write it.
 * @throws NetError for a file that cannot be read, or is none
 */
export function fileCatalogue(path: string): Catalogue {
  const registry = readRegistry(path);
  const services = [...registry].filter((type) => type.kind === 'service').map(({ typeName }) => typeName);
  return { services: async () => services.sort(), registryOf: async () => registry };
}

/** The server's own, each asked for once; what it does not tell is said in words. */
export function reflectedCatalogue(reflection: RpcReflection): Catalogue {
  const asked = new Map<string, Promise<FileRegistry>>();
  return {
    services: () => reflection.services().catch(untold),
    registryOf: (symbol) => {
      const answer = asked.get(symbol) ?? reflection.registryOf(symbol).catch(untold);
      asked.set(symbol, answer);
      return answer;
    },
  };
}

/** @throws NetError `refused` for a method that is not there, with those that are */
export async function methodOf(catalogue: Catalogue, service: string, name: string): Promise<DescMethod> {
  const found = await serviceOf(catalogue, service);
  const method = found.methods.find((candidate) => candidate.name === name);
  if (method !== undefined) return method;
  const names = found.methods.map((candidate) => candidate.name).join(', ');
  throw new NetError('refused', `${service} has no method ${name}; it has ${names || 'none'}`);
}

async function serviceOf(catalogue: Catalogue, name: string): Promise<DescService> {
  const service = (await catalogue.registryOf(name)).getService(name);
  if (service !== undefined) return service;
  const names = (await catalogue.services()).join(', ');
  throw new NetError('refused', `There is no service ${name}; there are ${names || 'none'}`);
}

function readRegistry(path: string): FileRegistry {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'ENOENT';
    throw systemError(errno, `Cannot read ${path}`, { cause: error, hint: 'give the path of a file' });
  }
  try {
    return createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  } catch (error) {
    const words = `${path} is no set of descriptors; write one with protoc --include_imports -o FILE`;
    throw new NetError('protocol', words, { fault: 'local', cause: error });
  }
}

function untold(error: unknown): never {
  if (!(error instanceof ConnectError)) throw error;
  const isForeign = (error.cause as { code?: unknown } | undefined)?.code === 'ERR_HTTP2_ERROR';
  if (!isForeign && error.code !== Code.Unimplemented) throw error;
  const why = isForeign
    ? 'does not speak HTTP/2, which it takes to ask for its services'
    : 'does not tell its services (reflection)';
  const words = `The server ${why}; give them with --descriptors FILE`;
  const more = isForeign ? ', and call with --protocol connect or grpc-web' : '';
  throw new NetError('unsupported', words + more, { cause: error });
}
