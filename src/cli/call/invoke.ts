/** One call of any kind, by the description of its method. */
import type { DescMethod, DescMethodStreaming, DescMethodUnary, Message } from '@bufbuild/protobuf';
import type { RpcTransport } from '../../service/rpc/index.ts';
import type { CallOutput } from './output.ts';

export interface Invocation {
  readonly transport: RpcTransport;
  readonly method: DescMethod;
  readonly headers: Headers;
  /** Ms. */
  readonly deadline: number | undefined;
  readonly signal: AbortSignal;
}

/** @throws ConnectError how the call ended, but well; what reading `messages` threw */
export async function invoke(
  { transport, method, headers, deadline, signal }: Invocation,
  messages: AsyncIterable<Message>,
  output: CallOutput,
): Promise<void> {
  const began = performance.now();
  output.onRequest(`${method.parent.typeName}/${method.name}`, headers);
  if (method.methodKind === 'unary') {
    const message = await single(messages);
    const answer = await transport.unary(method as DescMethodUnary, signal, deadline, headers, message);
    output.onHeaders(answer.header);
    output.onMessage(answer.message);
    output.onEnd(answer.trailer, performance.now() - began);
    return;
  }
  const streaming = method as DescMethodStreaming;
  const answer = await transport.stream(streaming, signal, deadline, headers, messages);
  output.onHeaders(answer.header);
  for await (const message of answer.message) output.onMessage(message);
  output.onEnd(answer.trailer, performance.now() - began);
}

async function single(messages: AsyncIterable<Message>): Promise<Message> {
  for await (const message of messages) return message;
  throw new Error('A call of this kind takes a message');
}
