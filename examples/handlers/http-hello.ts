/** Says hello over HTTP, and which thread does. */
import { threadId } from 'node:worker_threads';
import { HttpResponse, httpHandler } from 'modnet/service/http';

export default httpHandler((request) => {
  const { pathname } = new URL(request.url);
  return new HttpResponse(`Hello, ${pathname.slice(1)}`, { headers: { 'x-thread': String(threadId) } });
});
