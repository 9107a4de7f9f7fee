/** The arguments of a request, read with care: whoever sent them may have sent anything. */

import { UserError } from '../../lib/errors.ts';

const bad = (name: string, what: string): UserError =>
  new UserError('bad-arguments', `${name === '' ? 'the arguments' : `argument ${name}`} must be ${what}`, '');

export class Fields {
  readonly #values: { readonly [name: string]: unknown };
  readonly #path: string;

  /** No arguments at all are an empty object. UserError when they are something else. */
  constructor(value: unknown, path = '') {
    if (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value)))
      throw bad(path, 'an object');
    this.#values = { ...value };
    this.#path = path;
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#refuse(name, 'a string');
  }
  optionalText(name: string): string | undefined {
    const value = this.#value(name);
    return value === undefined || typeof value === 'string' ? value : this.#refuse(name, 'a string');
  }

  /** An integer. */
  number(name: string): number {
    return this.optionalNumber(name) ?? this.#refuse(name, 'an integer');
  }
  optionalNumber(name: string): number | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    return Number.isSafeInteger(value) ? (value as number) : this.#refuse(name, 'an integer');
  }
  /** An integer of at least `min`. */
  count(name: string, fallback: number, min = 0): number {
    const value = this.optionalNumber(name) ?? fallback;
    return value >= min ? value : this.#refuse(name, `at least ${min}`);
  }

  /** A number of a client that writes no quotes around it, as text. */
  optionalWord(name: string): string | undefined {
    const value = this.#value(name);
    return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : this.optionalText(name);
  }

  isFalse(name: string): boolean {
    return this.#value(name) === false;
  }
  optionalFlag(name: string): boolean | undefined {
    const value = this.#value(name);
    return value === undefined || typeof value === 'boolean' ? value : this.#refuse(name, 'true or false');
  }

  /** None when left out. */
  texts(name: string): readonly string[] {
    return this.#list(name).map((item) => (typeof item === 'string' ? item : this.#refuse(name, 'a list of strings')));
  }
  objects(name: string): readonly Fields[] {
    return this.#list(name).map((item, i) => new Fields(item, `${this.#full(name)}[${i}]`));
  }
  object(name: string): Fields {
    return new Fields(this.#value(name), this.#full(name));
  }

  /** An object whose values are strings. */
  pairs(name: string): readonly (readonly [string, string])[] {
    const object = this.object(name);
    return object.names.map((key) => [key, object.text(key)] as const);
  }
  get names(): readonly string[] {
    return Object.keys(this.#values);
  }

  /** `0x…` or decimal, 64 bits. */
  address(name: string): bigint {
    const text = this.text(name);
    if (/^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text)) return BigInt.asUintN(64, BigInt(text));
    return this.#refuse(name, 'an address such as 0x80000000');
  }

  /** What a client leaves out may come as null. */
  #value(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? undefined) : undefined;
  }
  #list(name: string): readonly unknown[] {
    const value = this.#value(name) ?? [];
    return Array.isArray(value) ? value : this.#refuse(name, 'a list');
  }
  #full(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
  #refuse(name: string, what: string): never {
    throw bad(this.#full(name), what);
  }
}
