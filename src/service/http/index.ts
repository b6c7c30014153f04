export type { HttpBodyInit } from './body.ts';
export type { HttpContext, HttpHandler, Middleware } from './contract.ts';
export type { FileBody } from './file-body.ts';
export * from './files/index.ts';
export { HttpHeaders, type HttpHeadersInit } from './headers.ts';
export { HttpRequest, pathOf, queryOf, toRequest } from './request.ts';
export { HttpResponse, type HttpResponseInit, type Takeover } from './response.ts';
export * from './routing/index.ts';
export * from './server/index.ts';
