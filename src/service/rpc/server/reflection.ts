/** Tells what services there are, for tools such as `modnet call` and grpcurl: grpc.reflection, v1 and v1alpha. */
import {
  create,
  type DescFile,
  type DescMessage,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Code, type ConnectRouter } from '@connectrpc/connect';
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '../gen/grpc/reflection/v1/reflection_pb.ts';
import * as alpha from '../gen/grpc/reflection/v1alpha/reflection_pb.ts';
import { fileBytes, Symbols } from './symbols.ts';

type Told = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>;

/** Adds both versions to the router. They tell of `services` and of each other. */
export function serveReflection(router: ConnectRouter, services: readonly DescService[]): void {
  const symbols = new Symbols([...services, ServerReflection, alpha.ServerReflection]);
  router.service(ServerReflection, {
    async *serverReflectionInfo(requests) {
      const told = new Set<DescFile>();
      for await (const request of requests) yield answer(symbols, request, told);
    },
  });
  router.service(alpha.ServerReflection, {
    async *serverReflectionInfo(requests) {
      const told = new Set<DescFile>();
      for await (const request of requests) {
        const same = as(ServerReflectionRequestSchema, alpha.ServerReflectionRequestSchema, request);
        const answered = answer(symbols, same, told);
        yield as(alpha.ServerReflectionResponseSchema, ServerReflectionResponseSchema, answered);
      }
    },
  });
}

/** The two versions differ in nothing but their name. */
function as<To extends DescMessage, From extends DescMessage>(
  to: To,
  from: From,
  message: MessageShape<From>,
): MessageShape<To> {
  return fromBinary(to, toBinary(from, message));
}

function answer(
  symbols: Symbols,
  request: ServerReflectionRequest,
  told: Set<DescFile>,
): ServerReflectionResponse {
  return create(ServerReflectionResponseSchema, {
    validHost: request.host,
    originalRequest: request,
    messageResponse: tell(symbols, request, told),
  });
}

/** @param told files that the client has had on this stream */
function tell(
  symbols: Symbols,
  { messageRequest: asked }: ServerReflectionRequest,
  told: Set<DescFile>,
): Told {
  switch (asked.case) {
    case 'listServices':
      return {
        case: 'listServicesResponse',
        value: { service: symbols.services.map((name) => ({ name })) },
      };
    case 'fileByFilename':
      return files(symbols.fileNamed(asked.value), told, `file ${asked.value}`);
    case 'fileContainingSymbol':
      return files(symbols.fileOf(asked.value), told, asked.value);
    case 'fileContainingExtension': {
      const { containingType, extensionNumber } = asked.value;
      const found = symbols.fileOfExtension(containingType, extensionNumber);
      return files(found, told, `extension ${extensionNumber} of ${containingType}`);
    }
    case 'allExtensionNumbersOfType':
      return numbers(symbols, asked.value);
    default:
      return failed(Code.InvalidArgument, 'The request asks for nothing');
  }
}

/** The file that was asked for, which is the last, and those it imports, but for what was told before. */
function files(found: readonly DescFile[] | undefined, told: Set<DescFile>, what: string): Told {
  if (found === undefined) return failed(Code.NotFound, `There is no ${what} here`);
  const fresh = found.filter((file) => !told.has(file) || file === found.at(-1));
  for (const file of fresh) told.add(file);
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto: fresh.map(fileBytes) } };
}

function numbers(symbols: Symbols, message: string): Told {
  const found = symbols.extensionsOf(message);
  if (found === undefined) return failed(Code.NotFound, `There is no message ${message} here`);
  return {
    case: 'allExtensionNumbersResponse',
    value: { baseTypeName: message, extensionNumber: [...found] },
  };
}

function failed(errorCode: Code, errorMessage: string): Told {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
}
