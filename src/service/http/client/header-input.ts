/** The headers of a request as callers give them, as a list in the order of sending. Their syntax is checked when they are written. */

/** `undefined` leaves a name out; a list is sent as several fields. */
export type HeadersInput =
  | Headers
  | Readonly<Record<string, string | number | readonly string[] | undefined>>
  | Iterable<readonly [name: string, value: string]>;

export type FieldList = (readonly [name: string, value: string])[];

export function fieldList(input: HeadersInput | undefined): FieldList {
  if (input === undefined) return [];
  if (Symbol.iterator in input) return [...(input as Iterable<readonly [string, string]>)];
  const fields: FieldList = [];
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) fields.push([name, String(one)]);
  }
  return fields;
}

/** The value of the first field of that name. @param name in lower case */
export function fieldOf(fields: FieldList, name: string): string | undefined {
  return fields.find(([other]) => other.toLowerCase() === name)?.[1];
}

/** Without the fields of these names. @param names in lower case */
export function withoutFields(fields: FieldList, ...names: readonly string[]): FieldList {
  return fields.filter(([name]) => !names.includes(name.toLowerCase()));
}

/** Those of `fields`, and of `defaults` what they do not name. */
export function withDefaults(fields: FieldList, defaults: FieldList): FieldList {
  const named = new Set(fields.map(([name]) => name.toLowerCase()));
  return [...fields, ...defaults.filter(([name]) => !named.has(name.toLowerCase()))];
}
