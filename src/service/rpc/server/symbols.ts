/** Where services, and what they speak of, are defined: files by name and by what is in them. It knows no protocol. */
import { type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Bytes } from '../../../core/index.ts';

export class Symbols {
  readonly services: readonly string[];
  /** By `path/name.proto`. */
  readonly #files = new Map<string, DescFile>();
  /** By the full names of messages, enums, extensions, services and methods. */
  readonly #homes = new Map<string, DescFile>();
  /** By message, the files of its extensions by their numbers. */
  readonly #extensions = new Map<string, Map<number, DescFile>>();
  readonly #messages = new Set<string>();

  constructor(services: readonly DescService[]) {
    this.services = services.map(({ typeName }) => typeName).sort();
    for (const { file } of services) this.#add(file);
  }

  /** The file of that name and what it imports, the imported first; `undefined` when there is none. */
  fileNamed(name: string): readonly DescFile[] | undefined {
    return closure(this.#files.get(name));
  }

  fileOf(symbol: string): readonly DescFile[] | undefined {
    return closure(this.#homes.get(symbol));
  }

  fileOfExtension(message: string, number: number): readonly DescFile[] | undefined {
    return closure(this.#extensions.get(message)?.get(number));
  }

  /** Sorted; `undefined` for a message that is not known. */
  extensionsOf(message: string): readonly number[] | undefined {
    if (!this.#messages.has(message)) return undefined;
    return [...(this.#extensions.get(message)?.keys() ?? [])].sort((a, b) => a - b);
  }

  #add(file: DescFile): void {
    const name = file.proto.name;
    if (this.#files.has(name)) return;
    this.#files.set(name, file);
    for (const dependency of file.dependencies) this.#add(dependency);
    for (const type of nestedTypes(file)) {
      this.#homes.set(type.typeName, file);
      if (type.kind === 'message') this.#messages.add(type.typeName);
      if (type.kind === 'extension') this.#addExtension(type.extendee.typeName, type.number, file);
      if (type.kind !== 'service') continue;
      for (const method of type.methods) this.#homes.set(`${type.typeName}.${method.name}`, file);
    }
  }

  #addExtension(message: string, number: number, file: DescFile): void {
    const numbers = this.#extensions.get(message) ?? new Map<number, DescFile>();
    this.#extensions.set(message, numbers.set(number, file));
  }
}

/** As reflection sends it. */
export function fileBytes(file: DescFile): Bytes {
  return toBinary(FileDescriptorProtoSchema, file.proto);
}

function closure(file: DescFile | undefined): readonly DescFile[] | undefined {
  if (file === undefined) return undefined;
  const found = new Set<DescFile>();
  const visit = (next: DescFile): void => {
    if (found.has(next)) return;
    for (const dependency of next.dependencies) visit(dependency);
    found.add(next);
  };
  visit(file);
  return [...found];
}
