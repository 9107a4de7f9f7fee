/**
 * The laboratory of real processes: pairs under load, killed, paused and cut off, and what their clients saw judged.
 *
 *     node test/ft/lab/main.ts [--work udp-kv|lock|redis] [--victim V|all] [--kills N] [--seed N]
 *                              [--detect MS] [--delay MS] [--after SECONDS] [--replay-every N] [--keep DIR]
 *
 * `--victim`: one of those in victims.ts. `--after`: the fault comes when the load has gone on for so long, an hour for
 * example.
 *
 * Needs root, for network namespaces. Round i has seed N + i: `--seed N+i --kills 1 --victim V` is that round again.
 * Exit status: 0 when every round was good, 1 when not, 2 when it cannot begin.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { roundText, seriesText } from './report.ts';
import { type SeriesOptions, series } from './series.ts';
import { VICTIMS } from './victims.ts';
import { noLab, WORKS } from './works.ts';

const SEED_MAX = 1_000_000;

function optionsOf(words: readonly string[]): SeriesOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      work: { type: 'string', default: 'udp-kv' },
      victim: { type: 'string', default: 'all' },
      kills: { type: 'string', default: '4' },
      seed: { type: 'string', default: String(randomInt(SEED_MAX)) },
      detect: { type: 'string', default: '1000' },
      delay: { type: 'string', default: '0' },
      after: { type: 'string' },
      'replay-every': { type: 'string', default: '10' },
      keep: { type: 'string' },
    },
  });
  const work = WORKS.find((name) => name === values.work);
  const victims = VICTIMS.filter((name) => name === values.victim || values.victim === 'all');
  if (work === undefined) throw new Error(`--work is one of ${WORKS.join(', ')}`);
  if (victims.length === 0) throw new Error(`--victim is all or one of ${VICTIMS.join(', ')}`);
  const number = (name: 'kills' | 'seed' | 'detect' | 'delay' | 'after' | 'replay-every'): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} is a number`);
    return value;
  };
  return {
    work,
    victims,
    rounds: number('kills'),
    seed: number('seed'),
    detectMs: number('detect'),
    delayMs: number('delay'),
    replayEvery: number('replay-every'),
    ...(values.after === undefined ? {} : { strikeAfterMs: number('after') * 1000 }),
    ...(values.keep === undefined ? {} : { keep: values.keep }),
  };
}

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  const absent = noLab(options.work);
  if (absent !== undefined) {
    process.stderr.write(`lab: ${absent}\n`);
    return 2;
  }
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  say(`seed ${options.seed}`);
  const done: Parameters<typeof seriesText>[0][number][] = [];
  try {
    await series(options, (result) => {
      if ('error' in result) say(`${result.plan.name} seed ${result.plan.seed}: BAD: ${result.error.message}`);
      else {
        done.push(result);
        say(roundText(result));
      }
    });
  } catch (error) {
    say(String(error));
    say(seriesText(done));
    return 1;
  }
  say(seriesText(done));
  return done.every(({ violations }) => violations.length === 0) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`lab: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
