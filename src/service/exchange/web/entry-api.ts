/** `/api/session`: for pages, which cannot keep a token safe. They show it once and get a cookie that they cannot read. */
import type { HttpContext } from '../../http/index.ts';
import { HttpResponse } from '../../http/index.ts';
import type { AccessGate } from '../access/access-gate.ts';
import { addressKey } from '../admission.ts';
import { json } from './answers.ts';
import { cookieFor, isAdmitted } from './guard-token.ts';
import { readObject, textField } from './json-body.ts';

/** A token of 256 characters, all escaped, and the field around it. */
const MAX_BODY = 2_048;

export class EntryApi {
  readonly #gate: AccessGate | null;

  constructor(gate: AccessGate | null) {
    this.#gate = gate;
  }

  /** Whether a token is needed, and whether the request shows it. */
  readonly look = (request: Request, context: HttpContext): Response =>
    json({
      needsToken: this.#gate !== null,
      admitted: this.#gate === null || isAdmitted(this.#gate, request, context),
    });

  readonly enter = async (request: Request, context: HttpContext): Promise<Response> => {
    const token = textField(await readObject(request, MAX_BODY), 'token');
    this.#gate?.check(addressKey(context.remote), token);
    const headers = this.#gate === null ? undefined : { 'set-cookie': cookieFor(this.#gate, context) };
    return new HttpResponse(null, { status: 204, headers });
  };

  readonly leave = (_request: Request, context: HttpContext): Response =>
    new HttpResponse(null, { status: 204, headers: { 'set-cookie': cookieFor(null, context) } });
}
