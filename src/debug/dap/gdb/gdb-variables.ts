/**
 * Values as gdb shows them: locals, expressions, and their parts by way of gdb's variable objects, which live until the
 * guest goes on. gdb manual, "GDB/MI Variable Objects".
 */

import type { Shown } from '../debugger.ts';
import type { MiTuple } from '../mi/parse.ts';
import { MiError, type MiSession } from '../mi/session.ts';
import { listIn, numberIn, quoted, textIn, tupleIn } from '../mi/values.ts';

interface FrameAt {
  readonly thread: number;
  readonly frame: number;
}

/** Elements of one value that are shown at most. */
const CHILDREN_MAX = 1000;
/** Levels that gdb puts between a C++ object and its members. */
const ACCESS_LEVELS: readonly string[] = ['public', 'private', 'protected'];
const isText = (type: string): boolean => /^((const|volatile|unsigned|signed) )*char \[/.test(type);

export const inFrame = (at: FrameAt | undefined): string =>
  at === undefined ? '' : ` --thread ${at.thread} --frame ${at.frame}`;

export class GdbVariables {
  readonly #mi: MiSession;
  #objects: string[] = [];

  constructor(mi: MiSession) {
    this.#mi = mi;
  }

  /** The guest goes on: what was shown is out of date. */
  async forget(): Promise<void> {
    const objects = this.#objects;
    this.#objects = [];
    for (const name of objects) await this.#mi.command(`-var-delete ${name}`);
  }

  async locals(at: FrameAt): Promise<readonly Shown[]> {
    const { variables } = await this.#mi.command(`-stack-list-variables${inFrame(at)} --simple-values`);
    const shown: Shown[] = [];
    for (const variable of listIn(variables).map(tupleIn)) {
      const name = textIn(variable.name) ?? '?';
      const [type, value] = [textIn(variable.type), textIn(variable.value)];
      if (value === undefined || type?.endsWith('*') === true) shown.push(await this.#object(name, name, at));
      else shown.push({ name, value, expression: async () => name, ...(type === undefined ? {} : { type }) });
    }
    return shown;
  }

  /** MiError with gdb's reason. */
  evaluate(expression: string, at: FrameAt | undefined): Promise<Shown> {
    return this.#object(expression, expression, at);
  }

  async #object(name: string, expression: string, at: FrameAt | undefined): Promise<Shown> {
    let made: MiTuple;
    try {
      made = await this.#mi.command(
        `-var-create${inFrame(at)} - ${at === undefined ? '@' : '*'} ${quoted(expression)}`,
      );
    } catch (error) {
      if (!(error instanceof MiError)) throw error;
      // Which gives the reason, or a value that no object is made of.
      const { value } = await this.#mi.command(`-data-evaluate-expression${inFrame(at)} ${quoted(expression)}`);
      return { name, value: textIn(value) ?? '' };
    }
    this.#objects.push(textIn(made.name)!);
    return await this.#shown(name, made, async () => expression, at);
  }

  async #shown(
    name: string,
    object: MiTuple,
    expression: () => Promise<string>,
    at: FrameAt | undefined,
  ): Promise<Shown> {
    const id = textIn(object.name)!;
    const type = textIn(object.type);
    const value = await this.#valueOf(object, expression, at);
    const memory = /^0x/.test(value) ? numberIn(value) : undefined;
    const hasParts = (numberIn(object.numchild) ?? 0n) > 0n || object.dynamic === '1';
    return {
      name,
      value,
      expression,
      ...(type === undefined ? {} : { type }),
      ...(memory === undefined ? {} : { memory }),
      ...(hasParts ? { children: () => this.#children(id, at) } : {}),
    };
  }

  /** An array of characters shows as text. */
  async #valueOf(object: MiTuple, expression: () => Promise<string>, at: FrameAt | undefined): Promise<string> {
    const value = textIn(object.value) ?? '';
    if (!isText(textIn(object.type) ?? '')) return value;
    try {
      const asked = quoted(await expression());
      const text = await this.#mi.command(`-data-evaluate-expression${inFrame(at)} ${asked}`);
      return textIn(text.value) ?? value;
    } catch (error) {
      if (error instanceof MiError) return value;
      throw error;
    }
  }

  async #children(object: string, at: FrameAt | undefined): Promise<readonly Shown[]> {
    const { children } = await this.#mi.command(`-var-list-children --all-values ${object} 0 ${CHILDREN_MAX}`);
    const shown: Shown[] = [];
    for (const child of listIn(children).map(tupleIn)) {
      const id = textIn(child.name)!;
      const name = textIn(child.exp) ?? id;
      if (child.type === undefined && ACCESS_LEVELS.includes(name)) {
        shown.push(...(await this.#children(id, at)));
        continue;
      }
      const expression = async (): Promise<string> =>
        textIn((await this.#mi.command(`-var-info-path-expression ${id}`)).path_expr) ?? name;
      shown.push(await this.#shown(/^\d+$/.test(name) ? `[${name}]` : name, child, expression, at));
    }
    return shown;
  }
}
