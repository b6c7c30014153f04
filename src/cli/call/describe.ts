/** Services, messages and enums in the words of a `.proto` file. It does not know where they come from. */
import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  type Registry,
  ScalarType,
} from '@bufbuild/protobuf';

/** A service, a method (`package.Service.Method`), a message or an enum; `undefined` for what is not in there. */
export function describeSymbol(registry: Registry, symbol: string): string | undefined {
  const found = registry.get(symbol);
  if (found?.kind === 'service') return describeService(found);
  if (found?.kind === 'message') return describeMessage(found);
  if (found?.kind === 'enum') return describeEnum(found);
  const at = Math.max(0, symbol.lastIndexOf('.'));
  const methods = registry.getService(symbol.slice(0, at))?.methods;
  const method = methods?.find(({ name }) => name === symbol.slice(at + 1));
  return method === undefined ? undefined : describeCall(method);
}

/** A service with its methods, and the messages that they take and give, each once. */
function describeService(service: DescService): string {
  const messages = new Set(service.methods.flatMap(({ input, output }) => [input, output]));
  const rpcs = service.methods.map((method) => `  ${describeMethod(method)}`);
  const head = [`service ${service.typeName} {`, ...rpcs, '}'].join('\n');
  return [head, ...[...messages].map(describeMessage)].join('\n\n');
}

/** A method, and what it takes and gives. */
function describeCall(method: DescMethod): string {
  const messages = new Set([method.input, method.output]);
  const path = `// ${method.parent.typeName}/${method.name}`;
  return [`${path}\n${describeMethod(method)}`, ...[...messages].map(describeMessage)].join('\n\n');
}

function describeMessage(message: DescMessage): string {
  const members = message.members.flatMap((member) =>
    member.kind === 'field'
      ? [`  ${describeField(member)}`]
      : [`  oneof ${member.name} {`, ...member.fields.map((field) => `    ${describeField(field)}`), '  }'],
  );
  return block(`message ${message.typeName}`, members);
}

function describeEnum(type: DescEnum): string {
  return block(
    `enum ${type.typeName}`,
    type.values.map(({ name, number }) => `  ${name} = ${number};`),
  );
}

function block(head: string, lines: readonly string[]): string {
  return lines.length === 0 ? `${head} {}` : [`${head} {`, ...lines, '}'].join('\n');
}

function describeMethod({ name, methodKind, input, output }: DescMethod): string {
  const takes = methodKind === 'client_streaming' || methodKind === 'bidi_streaming' ? 'stream ' : '';
  const gives = methodKind === 'server_streaming' || methodKind === 'bidi_streaming' ? 'stream ' : '';
  return `rpc ${name} (${takes}${input.typeName}) returns (${gives}${output.typeName});`;
}

function describeField(field: DescField): string {
  const optional = field.proto.proto3Optional ? 'optional ' : '';
  return `${optional}${fieldType(field)} ${field.name} = ${field.number};`;
}

function fieldType(field: DescField): string {
  switch (field.fieldKind) {
    case 'list':
      return `repeated ${valueType(field)}`;
    case 'map':
      return `map<${scalarName(field.mapKey)}, ${valueType(field)}>`;
    default:
      return valueType(field);
  }
}

/** Of a field, or of the values in it. */
function valueType(field: DescField): string {
  if (field.message !== undefined) return field.message.typeName;
  if (field.enum !== undefined) return field.enum.typeName;
  return scalarName(field.scalar!);
}

function scalarName(scalar: ScalarType): string {
  return ScalarType[scalar].toLowerCase();
}
