/** What services a server has, asked of itself by grpc.reflection: v1, else v1alpha. */
import {
  create,
  createFileRegistry,
  type FileRegistry,
  fromBinary,
  type MessageInitShape,
} from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { type CallOptions, Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from '../gen/grpc/reflection/v1/reflection_pb.ts';
import { ServerReflection as ServerReflectionAlpha } from '../gen/grpc/reflection/v1alpha/reflection_pb.ts';

/** Files of one server that are taken. Precedent: none; the public interfaces of Google together have some thousands. */
export const MAX_REFLECTED_FILES = 10_000;

type Asked = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest']>;

export class RpcReflection {
  readonly #transport: Transport;
  readonly #options: CallOptions;
  #isAlpha = false;

  /** @param transport one that carries streams both ways: over HTTP/2 */
  constructor(transport: Transport, options: CallOptions = {}) {
    this.#transport = transport;
    this.#options = options;
  }

  /**
   * Full names, sorted.
   * @throws ConnectError `Unimplemented` for a server that does not tell
   */
  async services(): Promise<string[]> {
    const { messageResponse: told } = await this.#ask({ case: 'listServices', value: '' });
    if (told.case !== 'listServicesResponse') throw unexpected();
    return told.value.service.map(({ name }) => name).sort();
  }

  /**
   * The file that defines a service, and all that it speaks of.
   * @throws ConnectError `NotFound` for what is not there
   */
  async registryOf(symbol: string): Promise<FileRegistry> {
    const files = new Map<string, FileDescriptorProto>();
    const first = await this.#files({ case: 'fileContainingSymbol', value: symbol });
    for (const file of first) files.set(file.name, file);
    // A server may send the file alone, and be asked for what it imports.
    for (const file of files.values()) {
      for (const name of file.dependency) {
        if (files.has(name)) continue;
        for (const more of await this.#files({ case: 'fileByFilename', value: name }))
          if (!files.has(more.name)) files.set(more.name, more);
      }
      if (files.size > MAX_REFLECTED_FILES)
        throw new ConnectError(
          `The server has more than ${MAX_REFLECTED_FILES} files`,
          Code.ResourceExhausted,
        );
    }
    return createFileRegistry(create(FileDescriptorSetSchema, { file: inOrder(files) }));
  }

  async #files(asked: Asked): Promise<FileDescriptorProto[]> {
    const { messageResponse: told } = await this.#ask(asked);
    if (told.case !== 'fileDescriptorResponse') throw unexpected();
    return told.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  }

  async #ask(asked: Asked): Promise<ServerReflectionResponse> {
    if (!this.#isAlpha) {
      try {
        return await this.#askVersion(ServerReflection, asked);
      } catch (error) {
        if (!(error instanceof ConnectError) || error.code !== Code.Unimplemented) throw error;
        this.#isAlpha = true;
      }
    }
    return this.#askVersion(ServerReflectionAlpha as unknown as typeof ServerReflection, asked);
  }

  async #askVersion(version: typeof ServerReflection, asked: Asked): Promise<ServerReflectionResponse> {
    const client = createClient(version, this.#transport);
    for await (const answer of client.serverReflectionInfo(
      single({ messageRequest: asked }),
      this.#options,
    )) {
      const { messageResponse: told } = answer;
      if (told.case === 'errorResponse')
        throw new ConnectError(told.value.errorMessage, told.value.errorCode);
      return answer;
    }
    throw unexpected();
  }
}

async function* single<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/** The imported first, as registries want them. */
function inOrder(files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const ordered = new Set<FileDescriptorProto>();
  const visited = new Set<string>();
  const visit = (name: string): void => {
    const file = files.get(name);
    if (file === undefined || visited.has(name)) return;
    visited.add(name);
    for (const dependency of file.dependency) visit(dependency);
    ordered.add(file);
  };
  for (const name of files.keys()) visit(name);
  return [...ordered];
}

function unexpected(): ConnectError {
  return new ConnectError('The server did not answer what it was asked about its services', Code.Internal);
}
