import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { HttpResponse } from '../response.ts';
import { compose } from '../routing/compose.ts';
import { testContext, testRequest } from '../test-context.ts';
import { formErrors } from './form-errors.ts';
import { FormError, type FormLimits } from './form-limits.ts';
import { formParts } from './form-parts.ts';
import { readForm } from './read-form.ts';
import { BOUNDARY, END, field, post } from './test-forms.ts';

async function rejects(request: Request, status: number, limits: Partial<FormLimits> = {}): Promise<void> {
  await assert.rejects(readForm(request, limits), (error) => {
    assert.ok(error instanceof FormError, String(error));
    assert.equal(error.status, status, error.message);
    return true;
  });
}

test('what Fetch sends is what is read', async () => {
  const form = new FormData();
  form.append('text', 'é\r\nline\n');
  form.append('text', 'again');
  form.append('a "name"\n', '');
  form.append('file', new File([Buffer.from([0, 1, 255])], 'a "b".bin', { type: 'image/png' }));
  const read = await readForm(testRequest('/', { method: 'POST', body: form }));
  // Fetch makes every line end CR LF, in names too.
  assert.deepEqual(read.fields, [
    ['text', 'é\r\nline\r\n'],
    ['text', 'again'],
    ['a "name"\r\n', ''],
  ]);
  assert.deepEqual(read.getAll('text'), ['é\r\nline\r\n', 'again']);
  const { filename, type, bytes } = read.file('file')!;
  assert.deepEqual([filename, type, [...bytes]], ['a "b".bin', 'image/png', [0, 1, 255]]);
});

test('a file that was not chosen is none', async () => {
  const body = field('name="a"; filename=""', '') + field('name="a"; filename="b"', '') + END;
  const form = await readForm(post(body));
  assert.equal(form.files.length, 2);
  assert.equal(form.file('a')?.filename, 'b');
  assert.equal(form.get('a'), undefined);
});

test('urlencoded forms', async () => {
  const type = 'application/x-www-form-urlencoded; charset=UTF-8';
  const form = await readForm(post('a=1&b=%C3%A9+x&a=2&c', type, 3));
  assert.deepEqual(form.fields, [
    ['a', '1'],
    ['b', 'é x'],
    ['a', '2'],
    ['c', ''],
  ]);
  assert.equal(form.get('d'), undefined);
});

test('files are streams, and what is not read of them is skipped', async () => {
  const body =
    field('name="a"; filename="1.txt"', 'x'.repeat(1000)) +
    field('name="b"', 'after') +
    field('name="c"; filename=2', 'y') +
    END;
  const seen: string[] = [];
  for await (const part of formParts(post(body))) {
    if (part.kind === 'field') seen.push(`${part.name}=${part.value}`);
    else {
      for await (const chunk of part.content) {
        seen.push(`${part.filename} ${part.type} ${chunk.length}`);
        break;
      }
    }
  }
  assert.equal(seen.length, 3);
  assert.match(seen[0]!, /^1\.txt text\/plain \d{1,3}$/);
  assert.deepEqual(seen.slice(1), ['b=after', '2 text/plain 1']);
});

test('content of a part that was left is not that of the next', async () => {
  const body = field('name="a"; filename="1"', 'first') + field('name="b"; filename="2"', 'second') + END;
  let first: AsyncIterable<Uint8Array> | undefined;
  let late = '';
  for await (const part of formParts(post(body, undefined, 1))) {
    if (part.kind !== 'file') continue;
    first ??= part.content;
    if (part.name === 'b') for await (const chunk of part.content) late += Buffer.from(chunk);
  }
  assert.equal(late, 'second');
  for await (const chunk of first!) assert.fail(`${chunk.length} bytes came late`);
});

test('what looks like a boundary and is none is content', async () => {
  const values = [
    `\r\n--${BOUNDARY.slice(0, -1)}`,
    `\r\n--${BOUNDARY.slice(0, -1)}X`,
    `\r\n\r\n--${BOUNDARY.slice(0, 3)}`,
    `\n--${BOUNDARY}`,
    `x--${BOUNDARY}`,
    '\r\n',
    '\r',
    '\r\n--',
    '',
  ];
  const body = values.map((value, at) => field(`name="${at}"`, value)).join('') + END;
  for (const size of [1, 2, 3, 7, 10_000]) {
    const form = await readForm(post(body, undefined, size));
    assert.deepEqual(
      form.fields.map(([, value]) => value),
      values,
      `${size}`,
    );
  }
});

test('a preamble, other headers, and what follows the end', async () => {
  const body =
    `ignored\r\n--${BOUNDARY}\r\ncontent-DISPOSITION: Form-Data ;name=a; other="x;y"\r\nX-More: 1\r\n\r\nvalue\r\n` +
    `--${BOUNDARY}--ignored as well\r\n\r\n--${BOUNDARY}\r\nContent-Disposition: form-data; name="late"\r\n\r\nx`;
  for (const size of [1, 5, 10_000]) {
    const { fields } = await readForm(
      post(body, `multipart/form-data; charset=x; boundary="${BOUNDARY}"`, size),
    );
    assert.deepEqual(fields, [['a', 'value']]);
  }
  assert.deepEqual((await readForm(post(END))).fields, []);
});

test('names are unescaped as browsers and curl escape them, and no path is made of them', async () => {
  const body = field('name="a%22%0D%0Ab\\"c"; filename="C:\\dir\\..\\x.txt"', 'x') + END;
  const [file] = (await readForm(post(body))).files;
  assert.equal(file!.name, 'a"\r\nb"c');
  assert.equal(file!.filename, 'C:\\dir\\..\\x.txt');
});

test('what is no form is 400, and another type 415', async () => {
  for (const [body, type] of [
    [field('name="a"', 'x'), undefined],
    [`${field('name="a"', 'x')}--${BOUNDARY}`, undefined],
    ['', undefined],
    ['x'.repeat(2000), undefined],
    [field('filename="a"', 'x') + END, undefined],
    [field('other="a"', 'x') + END, undefined],
    [`--${BOUNDARY}`, undefined],
    [`--${BOUNDARY}\r\nX: ${'x'.repeat(9000)}`, undefined],
    [field('name="a"', 'x') + END, 'multipart/form-data'],
    [field('name="a"', 'x') + END, 'multipart/form-data; boundary='],
    [field('name="a"', 'x') + END, `multipart/form-data; boundary=${'x'.repeat(71)}`],
    [field('name="a"', 'x') + END, 'multipart/form-data; boundary="a\tb"'],
  ] as const)
    await rejects(post(body, type), 400);
  for (const type of ['text/plain', 'multipart/mixed; boundary=a', 'application/json', ''])
    await rejects(post('x', type), 415);
  const none = testRequest('/', {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=a` },
  });
  await rejects(none, 400);
});

test('parts that are none of a form, or cannot be read, are skipped', async () => {
  const part = (head: string): string => `--${BOUNDARY}\r\n${head}\r\n\r\nx\r\n`;
  const body =
    part('') +
    part('no header') +
    part('X-More: 1') +
    part('Content-Disposition: attachment; name="a"') +
    `--${BOUNDARY} \t\r\nContent-Disposition: form-data; name="padded"\r\n\r\nx\r\n` +
    // What is beyond the limit of the headers is dropped.
    part(`X: ${'x'.repeat(9000)}\r\nContent-Disposition: form-data; name="b"`) +
    part(`Content-Disposition: form-data; name="c"\r\nX: ${'x'.repeat(9000)}`) +
    END;
  for (const size of [1, 100, 100_000])
    assert.deepEqual((await readForm(post(body, undefined, size))).fields, [['c', 'x']]);
  await rejects(post(body), 413, { parts: 6 });
});

test('a large part that is skipped holds nothing up', { timeout: 20_000 }, async () => {
  const skipped = `--${BOUNDARY}\r\nX-More: 1\r\n\r\n${'x'.repeat(200_000)}\r\n`;
  for (const size of [10_000, 65_536, 1_000_000]) {
    const last = await readForm(post(field('name="a"', 'x') + skipped + END, undefined, size));
    assert.deepEqual(last.fields, [['a', 'x']]);
    const between = await readForm(post(skipped + field('name="a"', 'x') + END, undefined, size));
    assert.deepEqual(between.fields, [['a', 'x']]);
  }
});

test('disposition and charset are read with lenience', async () => {
  const body =
    field('name="a"; name="b"', 'x') +
    field('name="c', 'x') +
    field('name="d" junk', 'x') +
    field("name=e; filename*=utf-8''%C3%A9", 'x') +
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="f"\r\nContent-Type: text/plain; charset=latin1\r\n\r\n`;
  const form = await readForm(
    post(Buffer.concat([Buffer.from(body), Buffer.of(0xe9), Buffer.from(`\r\n${END}`)])),
  );
  assert.deepEqual(
    form.fields.map(([name, value]) => `${name}=${value}`),
    ['b=x', 'c=x', 'd=x', 'f=é'],
  );
  assert.equal(form.file('e')?.filename, 'é');
});

test('each limit is 413', async () => {
  const two = field('name="a"', 'xx') + field('name="b"', 'yy') + END;
  const file = field('name="a"; filename="b"', 'xxxx') + END;
  await rejects(post(two), 413, { parts: 1 });
  await rejects(post(two), 413, { fieldBytes: 1 });
  await rejects(post(two), 413, { totalBytes: 3 });
  await rejects(post(file), 413, { fileBytes: 3 });
  await rejects(post(file), 413, { totalBytes: 3 });
  await rejects(post(field('name="abcd"', '') + END), 413, { nameLength: 3 });
  await rejects(post(field('name="a"; filename="abcd"', '') + END), 413, { nameLength: 3 });
  await rejects(post(two), 413, { parts: 0 });
  const type = 'application/x-www-form-urlencoded';
  await rejects(post('a=1&b=2', type), 413, { parts: 1 });
  await rejects(post('a=123', type), 413, { totalBytes: 4 });
  await rejects(post('a=123', type), 413, { fieldBytes: 2 });
  await rejects(post('abc=1', type), 413, { nameLength: 2 });
});

test('in whatever chunks a form comes, it says the same', async () => {
  const value = fc
    .array(fc.constantFrom('\r', '\n', '\r\n', '--', BOUNDARY, '-', ' ', 'x', 'é'), { maxLength: 8 })
    .map((parts) => parts.join(''))
    // No sender may choose a boundary that begins a line of the content.
    .filter((text) => !`\r\n${text}`.includes(`\r\n--${BOUNDARY}`));
  await fc.assert(
    fc.asyncProperty(
      fc.array(value, { maxLength: 4 }),
      fc.integer({ min: 1, max: 500 }),
      async (values, size) => {
        const fields = values.map((text) => field('name="a"', text) + field('name="b"; filename="f"', text));
        const form = await readForm(post(fields.join('') + END, undefined, size));
        assert.deepEqual(form.getAll('a'), values);
        assert.deepEqual(
          form.files.map(({ bytes }) => String(Buffer.from(bytes))),
          values,
        );
      },
    ),
  );
});

test('a form that is cut off anywhere is refused', async () => {
  const body = field('name="a"', '\r\n--') + field('name="b"; filename="c"', '--') + END.trimEnd();
  for (const size of [1, 10_000]) {
    for (let length = 0; length < body.length; length++)
      await rejects(post(body.slice(0, length), undefined, size), 400);
    assert.equal((await readForm(post(body, undefined, size))).fields.length, 1);
  }
});

test('a line of the content that begins with the boundary ends it', async () => {
  for (const size of [1, 7, 10_000]) {
    const body = field('name="a"', `x\r\n--${BOUNDARY}X\r\n\r\ny`) + field('name="b"', 'z') + END;
    assert.deepEqual((await readForm(post(body, undefined, size))).fields, [
      ['a', 'x'],
      ['b', 'z'],
    ]);
  }
});

test('whatever bytes come, a form is read or refused', { timeout: 120_000 }, async () => {
  const token = fc.constantFrom(
    `\r\n--${BOUNDARY}`,
    `--${BOUNDARY}`,
    '\r\n',
    '\r\n\r\n',
    '--',
    'Content-Disposition: form-data; name="a"',
    '; filename="f"',
    '; filename*=x',
    'Content-Type: text/plain; charset=x;;=',
    '"',
    '\0',
    'é',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(token, { maxLength: 30 }),
      fc.integer({ min: 1, max: 60 }),
      async (parts, size) => {
        const whole = `--${BOUNDARY}\r\n${parts.join('')}\r\n${END}`;
        for (const body of [parts.join(''), whole])
          await readForm(post(body, undefined, size)).catch((error) => {
            assert.ok(error instanceof FormError, String(error));
          });
      },
    ),
    { numRuns: 1000 },
  );
});

test('what is wrong with a form is answered', async () => {
  const handler = compose([formErrors()], async (request) => {
    const { fields } = await readForm(request, { parts: 1 });
    return HttpResponse.json(fields);
  });
  const statusOf = async (request: Request): Promise<number> =>
    (await handler(request, testContext())).status;
  assert.equal(await statusOf(post(field('name="a"', 'x') + END)), 200);
  assert.equal(await statusOf(post('x')), 400);
  assert.equal(await statusOf(post('x', 'text/plain')), 415);
  assert.equal(await statusOf(post(field('name="a"', 'x').repeat(2) + END)), 413);
  const faulty = compose([formErrors()], () => Promise.reject(new Error('another')));
  await assert.rejects(async () => faulty(testRequest('/'), testContext()), /another/);
});
