/** Says hello, and from where. */
import { threadId } from 'node:worker_threads';
import { HttpResponse } from '../../response.ts';
import { httpHandler } from '../http-handler.ts';

export default httpHandler(async (request) => {
  const body = request.method === 'POST' ? await request.text() : 'hello';
  return new HttpResponse(body, { headers: { 'x-worker': `${process.pid}/${threadId}` } });
});
