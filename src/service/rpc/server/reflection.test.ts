import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Code, type ConnectError, createClient } from '@connectrpc/connect';
import { ServerReflection } from '../gen/grpc/reflection/v1/reflection_pb.ts';
import { ServerReflection as ServerReflectionAlpha } from '../gen/grpc/reflection/v1alpha/reflection_pb.ts';
import { ErrorInfoSchema, RpcReflection, rpcHandler } from '../index.ts';
import { echoRoutes } from '../test-echo.ts';
import { ECHO, inside } from '../test-request.ts';
import { Symbols } from './symbols.ts';

const limit = { timeout: 20_000 };
const handler = rpcHandler(echoRoutes());

async function* once<T>(...values: T[]): AsyncGenerator<T> {
  yield* values;
}

test('a client finds the services, and the messages that they speak', limit, async () => {
  const reflection = new RpcReflection(inside(handler));
  assert.deepEqual(await reflection.services(), [...handler.services]);
  const registry = await reflection.registryOf(ECHO);
  const methods = registry.getService(ECHO)!.methods.map(({ name, methodKind }) => `${name} ${methodKind}`);
  assert.deepEqual(methods.slice(2, 5), [
    'Repeat server_streaming',
    'Collect client_streaming',
    'Chat bidi_streaming',
  ]);
  assert.equal(registry.getMessage('modnet.test.v1.EchoResponse')!.fields.length, 3);
  await assert.rejects(
    reflection.registryOf('no.Such'),
    (error: ConnectError) => error.code === Code.NotFound,
  );
});

test('v1alpha answers the same, and is asked when v1 is not there', limit, async () => {
  const old = rpcHandler(
    (router) => {
      echoRoutes()(router);
      const client = createClient(ServerReflectionAlpha, inside(handler));
      router.service(ServerReflectionAlpha, {
        serverReflectionInfo: (requests) => client.serverReflectionInfo(requests),
      });
    },
    { reflection: false },
  );
  const reflection = new RpcReflection(inside(old));
  assert.ok((await reflection.services()).includes(ECHO));
  assert.ok((await reflection.registryOf(ECHO)).getService(ECHO));
});

test('a file comes with what it imports, and that only once on a stream', limit, async () => {
  const client = createClient(ServerReflection, inside(handler));
  const asked = [
    { case: 'fileByFilename', value: 'test-echo.proto' },
    { case: 'fileContainingSymbol', value: `${ECHO}.Say` },
    { case: 'allExtensionNumbersOfType', value: 'modnet.test.v1.EchoRequest' },
    { case: 'fileContainingExtension', value: { containingType: 'a.B', extensionNumber: 1 } },
    { case: 'allExtensionNumbersOfType', value: 'a.B' },
    { case: undefined },
  ] as const;
  const told: unknown[] = [];
  const requests = once(...asked.map((messageRequest) => ({ messageRequest })));
  for await (const { messageResponse } of client.serverReflectionInfo(requests)) {
    if (messageResponse.case === 'fileDescriptorResponse') {
      const files = messageResponse.value.fileDescriptorProto;
      told.push(files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name));
    } else if (messageResponse.case === 'errorResponse') told.push(messageResponse.value.errorCode);
    else if (messageResponse.case === 'allExtensionNumbersResponse')
      told.push(messageResponse.value.extensionNumber);
  }
  assert.deepEqual(told, [['test-echo.proto'], ['test-echo.proto'], [], 5, 5, 3]);
});

test('imports are told before what imports them', () => {
  const { parent, file } = ErrorInfoSchema;
  assert.equal(parent, undefined);
  const symbols = new Symbols([{ typeName: 'x', file } as never]);
  const names = symbols.fileOf('google.rpc.RetryInfo')!.map(({ proto }) => proto.name);
  assert.deepEqual(names, ['google/protobuf/duration.proto', 'google/rpc/error_details.proto']);
});
