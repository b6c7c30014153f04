/** Answers what is wrong with a form: 400, 413 or 415. */
import type { Middleware } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { FormError } from './form-limits.ts';

/** Around handlers that read forms. Other errors go on. */
export function formErrors(): Middleware {
  return async (_request, _context, next) => {
    try {
      return await next();
    } catch (thrown) {
      if (!(thrown instanceof FormError)) throw thrown;
      return new HttpResponse(`${thrown.message}\n`, { status: thrown.status });
    }
  };
}
