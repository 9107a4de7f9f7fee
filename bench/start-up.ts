/** How long the command itself takes to answer, from start to exit. */

import { fileURLToPath } from 'node:url';
import { measure } from './measure.ts';

const COMMAND = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const TIMES = 9;

export interface StartUp {
  readonly seconds: readonly number[];
  readonly failure?: string;
}

/** `lockstep --help` of the built package. */
export async function measureStartUp(): Promise<StartUp> {
  const seconds: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const run = await measure({ file: process.execPath, args: [COMMAND, '--help'] });
    if (run.failure !== undefined) return { seconds, failure: run.failure };
    seconds.push(run.seconds);
  }
  return { seconds };
}
