/** Speaking by a request of HTTP, without staying. */
import type { HttpContext } from '../../http/index.ts';
import { addressKey } from '../admission.ts';
import type { Message } from '../event.ts';
import type { House } from '../house.ts';
import { Refusal } from '../refusal.ts';
import { json } from './answers.ts';
import { readObject, textField } from './json-body.ts';
import { Problem } from './problem.ts';

/** Says what the body of the request holds, and answers once it is in the history. */
export async function speak(
  house: House,
  request: Request,
  context: HttpContext & { readonly params: { readonly room: string } },
): Promise<Response> {
  const body = await readObject(request, house.limits.lineBytes);
  const kind = textField(body, 'kind', 'say');
  if (kind !== 'say' && kind !== 'me') throw new Problem('bad-request', '"kind" must be "say" or "me"');
  const message = await new Promise<Message>((resolve, reject) => {
    const onKept = (outcome: Message | Refusal): void =>
      outcome instanceof Refusal ? reject(outcome) : resolve(outcome);
    const [name, text] = [textField(body, 'name'), textField(body, 'body')];
    house.hub.post(addressKey(context.remote), name, context.params.room, kind, text, onKept);
  });
  return json(message, { status: 201, headers: { location: `messages/${message.id}` } });
}
