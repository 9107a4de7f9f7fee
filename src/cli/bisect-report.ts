/** The answer of `lockstep bisect` as text. */

import chalk from 'chalk';
import type { Bisected } from './bisect.ts';
import { heading, indented } from './diff-layout.ts';
import { codeLines, placeText } from './diff-state.ts';
import { count } from './text.ts';

export function bisectText({ tick, how, looks, when, from, to, before, made, at }: Bisected): string {
  const stretch = `between tick ${count(from)} and tick ${count(to)}`;
  if (tick === undefined)
    return `${when}\n${indented(`does not hold ${how === 'halving' ? `at tick ${count(to)}` : stretch}`)}`;
  const way = {
    start: 'it holds from there on',
    halving: `found by halving, ${looks} looks`,
    scan: 'found by scanning',
  }[how];
  return [
    when,
    indented(`first holds at tick ${chalk.yellow(count(tick))}, ${stretch} (${way})`),
    ...(before === undefined
      ? [heading(`at that tick: ${placeText(at!)}`), ...codeLines({ a: at!, b: at! })]
      : [heading(`made by ${placeText(before)}`), ...codeLines({ a: before, b: before })]),
    ...made.map((text) => indented(`the step ${text}`)),
  ].join('\n');
}
