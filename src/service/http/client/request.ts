/** Requests without a client of one's own. */
import type { ClientResponse } from './client-response.ts';
import { HttpClient } from './http-client.ts';
import type { RequestOptions } from './options.ts';

let shared: HttpClient | undefined;

/**
 * `HttpClient.request` of a client that all callers of the process share. A connection that it keeps holds the process for
 * `KEEP_ALIVE` (4 s) after the last answer; a program that is to end sooner makes a client and closes it.
 */
export function request(url: string | URL, options?: RequestOptions): Promise<ClientResponse> {
  shared ??= new HttpClient();
  return shared.request(url, options);
}
