/** What one key is, when nobody interferes: the sequential models that histories are checked against. */
import type { Operation } from './history.ts';

/**
 * The state after the operation, undefined when it would have been answered otherwise. An operation without an answer
 * may have any. States are strings, equal when they are the same.
 */
export interface Model {
  readonly initial: string;
  step(state: string, operation: Operation): string | undefined;
}

const NONE = 'none';
const some = (value: string): string => `=${value}`;

/** Holds a value or none: set, get, del, and `new`, which sets it when there is none. */
export const register: Model = {
  initial: NONE,
  step(state, { verb, value = '', answer }) {
    const gives = (told: string, next: string): string | undefined =>
      answer === undefined || answer === told ? next : undefined;
    switch (verb) {
      case 'set':
        return gives('OK', some(value));
      case 'get':
        return gives(state, state);
      case 'del':
        return gives(state === NONE ? NONE : 'OK', NONE);
      case 'new':
        return state === NONE ? gives('OK', some(value)) : gives(NONE, state);
      default:
        return undefined;
    }
  },
};

/** Starts at 0: `incr` gives the next number, get the present one (none: before the first). */
export const counter: Model = {
  initial: '0',
  step(state, { verb, answer }) {
    if (verb === 'incr') {
      const next = String(Number(state) + 1);
      return answer === undefined || answer === next ? next : undefined;
    }
    const told = state === '0' ? NONE : some(state);
    return verb === 'get' && (answer === undefined || answer === told) ? state : undefined;
  },
};

/** A text that grows: append gives its new length, get the whole of it. */
export const text: Model = {
  initial: '',
  step(state, { verb, value = '', answer }) {
    if (verb === 'append') {
      const next = state + value;
      return answer === undefined || answer === String(next.length) ? next : undefined;
    }
    const told = state === '' ? NONE : some(state);
    return verb === 'get' && (answer === undefined || answer === told) ? state : undefined;
  },
};

/** Keys say what they are by their first word: `reg:3`, `count:1`, `text:7`, `claim:2` (a register). */
export function modelOf(key: string): Model {
  if (key.startsWith('count:')) return counter;
  return key.startsWith('text:') ? text : register;
}
