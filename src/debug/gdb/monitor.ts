/**
 * `monitor` in gdb: the words of rr for moving in a recording and asking about it. The words are monitor-words.ts; here
 * is how a line finds its word, and help.
 */

import { UserError } from '../../lib/errors.ts';
import { DivergenceError } from '../../session/divergence.ts';
import { type Desk, WORDS, type Word } from './monitor-words.ts';

/** What to print, lines each with its newline. Operator errors are such text; Interrupted and defects are thrown. */
export async function monitor(line: string, desk: Desk): Promise<string> {
  const parts = line
    .trim()
    .split(/\s+/)
    .filter((part) => part !== '');
  const [word, args] = wordOf(parts);
  if (word === undefined) return helpText(parts.join(' '));
  try {
    return withNewline(await word.run(desk, args));
  } catch (error) {
    if (error instanceof DivergenceError) return withNewline(error.message);
    if (error instanceof UserError) return withNewline(`${error.what}; ${error.remedy}`);
    throw error;
  }
}

/** The word that the longest beginning of the line names, and what follows it. */
function wordOf(parts: readonly string[]): readonly [Word | undefined, readonly string[]] {
  for (let length = Math.min(2, parts.length); length > 0; length--) {
    const word = WORDS.find(({ name }) => name === parts.slice(0, length).join(' '));
    if (word !== undefined) return [word, parts.slice(length)];
  }
  return [undefined, []];
}

function helpText(asked: string): string {
  const unknown = asked === '' || asked === 'help' ? [] : [`there is no word ${asked}; there are:`];
  const rows = [...WORDS, { name: 'help', usage: '', help: 'this list' }];
  const usages = rows.map(({ name, usage }) => `${name} ${usage}`);
  const width = Math.max(...usages.map((usage) => usage.length));
  const lines = rows.map(({ help }, i) => `  ${usages[i]!.padEnd(width)}  ${help}`);
  return `${[...unknown, ...lines].join('\n')}\n`;
}

const withNewline = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
