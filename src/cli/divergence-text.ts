/** The report of a divergence: where, what the recording holds, what the machine did, and what that means. */

import { chalkStderr } from 'chalk';
import type { Divergence } from '../session/divergence.ts';
import { symbolAt } from './symbols.ts';
import { count } from './text.ts';

export function reportDivergence(divergence: Divergence, recording: string | undefined): void {
  const { kind, tick, agreedTick, provedTick, pc, expected, found, explanation } = divergence;
  const symbol = recording === undefined ? undefined : symbolAt(recording, pc);
  const rows = [
    ['kind', kind],
    ['tick', count(tick)],
    [
      'agreed up to',
      `tick ${count(agreedTick)}${provedTick < agreedTick ? `, memory up to ${count(provedTick)}` : ''}`,
    ],
    ['pc', `0x${pc.toString(16)}${symbol === undefined ? '' : ` ${symbol}`}`],
    ['expected', chalkStderr.green(expected)],
    ['found', chalkStderr.red(found)],
    ['meaning', explanation],
  ];
  for (const [name = '', value = ''] of rows) process.stderr.write(`  ${name.padEnd(13)} ${value}\n`);
}
