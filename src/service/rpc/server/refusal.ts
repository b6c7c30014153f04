/** Answers to what is no call, or none that can be answered here, each in the way that its protocol understands. */
import { Code } from '@connectrpc/connect';
import { codeName } from '../code-name.ts';

const GRPC = /^application\/grpc(?:$|[+;])/i;
const GRPC_WEB = /^application\/grpc-web(?:$|[+;-])/i;
const CONNECT = /^application\/(?:connect\+)?(?:proto|json)(?:$|;)/i;

/** Whether the request is one of gRPC itself, which needs HTTP/2. */
export function isGrpc(request: Request): boolean {
  return GRPC.test(contentType(request));
}

/** Whether the request says that it is a call, whatever its path. */
export function looksLikeCall(request: Request): boolean {
  const type = contentType(request);
  return request.method === 'POST' && (GRPC.test(type) || GRPC_WEB.test(type) || CONNECT.test(type));
}

/** For a service or a method that is not here. */
export function unknownMethod(request: Request, path: string): Response {
  const words = `There is no ${path.slice(1)} here`;
  const type = contentType(request);
  if (GRPC.test(type) || GRPC_WEB.test(type)) {
    const headers = { 'grpc-status': String(Code.Unimplemented), 'grpc-message': encodeURI(words) };
    return new Response(null, { headers: { 'content-type': type, ...headers } });
  }
  if (looksLikeCall(request))
    return Response.json({ code: codeName(Code.Unimplemented), message: words }, { status: 404 });
  return plain(404, words);
}

export function needsHttp2(): Response {
  return plain(505, 'gRPC needs HTTP/2; over HTTP/1.1 call with Connect or gRPC-Web', {
    connection: 'close',
  });
}

/** With words, where the library only has a status. */
export function worded(status: number, methods: readonly string[], isBidi: boolean): Response | undefined {
  if (status === 405) return plain(405, `Call with ${methods.join(' or ')}`, { allow: methods.join(', ') });
  if (status === 415)
    return plain(
      415,
      'Send application/json, application/proto, application/connect+…, grpc-web+… or grpc+…',
    );
  if (status === 505 && isBidi)
    return plain(505, 'A method with streams both ways needs HTTP/2', { connection: 'close' });
  return undefined;
}

function plain(status: number, words: string, headers: Record<string, string> = {}): Response {
  return new Response(`${words}\n`, {
    status,
    headers: { 'content-type': 'text/plain;charset=UTF-8', ...headers },
  });
}

function contentType(request: Request): string {
  return request.headers.get('content-type') ?? '';
}
