/**
 * Failovers in a row in a cluster of three hosts, for as long as is wanted.
 *
 *     node test/ft/lab/failovers-main.ts [--work udp-kv|lock|redis] [--failovers N] [--seed N] [--detect MS]
 *
 * Needs root, for network namespaces. Exit status: 0 when all was good, 1 when not, 2 when it cannot begin.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { failovers, failoversText, failoverText } from './failovers.ts';
import { noLab, WORKS } from './works.ts';

const { values } = parseArgs({
  options: {
    work: { type: 'string', default: 'redis' },
    failovers: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
    detect: { type: 'string', default: '1000' },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const work = WORKS.find((name) => name === values.work);
const [times, seed, detectMs] = [values.failovers, values.seed, values.detect].map(Number) as [number, number, number];
const fault =
  work === undefined
    ? `--work is one of ${WORKS.join(', ')}`
    : [times, seed, detectMs].every(Number.isSafeInteger)
      ? noLab(work)
      : '--failovers, --seed and --detect are numbers';
if (work === undefined || fault !== undefined) {
  say(`failovers: ${fault}`);
  process.exitCode = 2;
} else {
  say(`seed ${seed}`);
  const options = { work, failovers: times, seed, detectMs };
  const result = await failovers(options, (one) => say(failoverText(one)));
  say(failoversText(result));
  process.exitCode = result.violations.length === 0 ? 0 : 1;
}
