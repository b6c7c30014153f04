/** Views of shared memory that tell of each read and write without Atomics; see `test-model.ts`. */

/** @param written the byte that it writes, if it does */
type Watch = (access: () => number, written?: number) => number;

let watch: Watch | null = null;

/** Has each access made by `watcher`, or by nobody in particular. */
export function watchAccess(watcher: Watch | null): void {
  watch = watcher;
}

/** Views that are made meanwhile are tracked. */
export function build<T>(make: () => T): T {
  const { Int32Array: words, Uint8Array: bytes } = globalThis;
  Object.assign(globalThis, { Int32Array: tracked(words), Uint8Array: tracked(bytes) });
  try {
    return make();
  } finally {
    Object.assign(globalThis, { Int32Array: words, Uint8Array: bytes });
  }
}

function tracked<T extends Int32ArrayConstructor | Uint8ArrayConstructor>(type: T): T {
  return new Proxy(type, {
    construct(target, args, newTarget) {
      const view = Reflect.construct(target, args, newTarget);
      return args[0] instanceof SharedArrayBuffer ? new Proxy(view, ACCESS) : view;
    },
  });
}

const ACCESS: ProxyHandler<Int32Array | Uint8Array> = {
  get(target, key) {
    if (typeof key === 'string' && /^\d/.test(key)) {
      const read = (): number => target[Number(key)]!;
      return watch === null ? read() : watch(read);
    }
    const value = Reflect.get(target, key, target);
    return typeof value === 'function' ? value.bind(target) : value;
  },
  set(target, key, value) {
    const write = (): number => {
      target[Number(key)] = value;
      return 0;
    };
    if (watch === null) write();
    else watch(write, target.byteOffset + Number(key) * target.BYTES_PER_ELEMENT);
    return true;
  },
};
