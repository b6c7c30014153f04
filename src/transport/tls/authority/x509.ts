/** Brings in the library that issues certificates, when the first one is issued: it costs some 70 ms. */

type X509 = typeof import('@peculiar/x509');

let loading: Promise<X509> | undefined;

export function loadX509(): Promise<X509> {
  loading ??= load();
  return loading;
}

/** What the library's own dependency asks of `Reflect` while it loads. None of its classes has such metadata. */
const METADATA = ['getMetadata', 'getOwnMetadata', 'defineMetadata'];

/**
 * Loading wants a polyfill of the reflection of decorators, reads from it only that there is none, and never uses it again.
 * So something that knows nothing stands in for that moment, unless the program brought one.
 */
async function load(): Promise<X509> {
  const missing = METADATA.filter((name) => !(name in Reflect));
  for (const name of missing)
    Object.defineProperty(Reflect, name, { value: () => undefined, configurable: true, writable: true });
  try {
    return await import('@peculiar/x509');
  } finally {
    for (const name of missing) Reflect.deleteProperty(Reflect, name);
  }
}
