/** Rounds as lines and a series as a table, for people. */
import { distributionText } from './gaps.ts';
import type { RoundResult, Takeover } from './round.ts';
import { FAULTS, VICTIMS } from './victims.ts';

export const takeoverMs = ({ detectedMs, claimedMs, caughtUpMs }: Takeover): number =>
  detectedMs + claimedMs + caughtUpMs;

/** What a client may see at most is compared with this: detection, the arbiter and the lag, as the survivor tells. */
export function roundText({ plan, ...result }: RoundResult): string {
  const { survivor, operations, unanswered, duplicates, gapMs, usualMs, takeover, lagMs, digests, violations } = result;
  const ms = (value: number): string => value.toFixed(0);
  const { detectedMs, claimedMs, caughtUpMs } = takeover;
  const parts = `detected ${ms(detectedMs)}, claimed ${ms(claimedMs)}, caught up ${ms(caughtUpMs)}`;
  const what = result.parted ? 'parted by themselves' : plan.victim;
  const head = `${plan.name} seed ${plan.seed} ${plan.work} ${what} -> ${survivor}`;
  const work = `${operations} operations, ${unanswered} unanswered, ${duplicates} twice, ${digests} digests equal`;
  const measured = `${ms(takeoverMs(takeover))} ms (${parts}; lag was ${ms(lagMs)})`;
  const gap = `gap ${ms(gapMs)} ms (before ${ms(usualMs)}), takeover ${measured}`;
  const verdict = violations.length === 0 ? 'good' : `BAD\n${violations.join('\n')}`;
  return `${head}: ${work}; ${gap}${plan.replay ? ', replayed' : ''}: ${verdict}`;
}

/** Distributions for each kind of fault, then the sum. */
export function seriesText(results: readonly RoundResult[]): string {
  const kinds = VICTIMS.flatMap((victim) => {
    const of = results.filter(({ plan, parted }) => plan.victim === victim && !parted);
    if (of.length === 0) return [];
    const primaries = of.filter(({ survivor }) => survivor === 'primary');
    const beyond = of.map(({ gapMs, takeover }) => gapMs - takeoverMs(takeover));
    const silence = `  clients heard nothing for   ${distributionText(of.map(({ gapMs }) => gapMs))}`;
    if (FAULTS[victim].survivors.length === 0) return [`${victim}: ${of.length} rounds, a pair in all`, silence];
    return [
      `${victim}: ${of.length} rounds, the primary lived on in ${primaries.length}`,
      silence,
      `  detection + arbiter + lag   ${distributionText(of.map(({ takeover }) => takeoverMs(takeover)))}`,
      `    detection                 ${distributionText(of.map(({ takeover }) => takeover.detectedMs))}`,
      `    arbiter                   ${distributionText(of.map(({ takeover }) => takeover.claimedMs))}`,
      `    lag                       ${distributionText(of.map(({ takeover }) => takeover.caughtUpMs))}`,
      `  lag before the fault        ${distributionText(of.map(({ lagMs }) => lagMs))}`,
      `  clients beyond that         ${distributionText(beyond)}`,
      `  longest gap before a fault  ${distributionText(of.map(({ usualMs }) => usualMs))}`,
    ];
  });
  const operations = results.reduce((sum, result) => sum + result.operations, 0);
  const duplicates = results.reduce((sum, result) => sum + result.duplicates, 0);
  const replayed = results.filter(({ plan }) => plan.replay).length;
  const parted = results.filter((result) => result.parted).length;
  const bad = results.filter(({ violations }) => violations.length > 0).length;
  const sums = [
    `${results.length} rounds`,
    `${operations} operations`,
    `${duplicates} answers twice`,
    `${replayed} recordings replayed`,
    `${parted} pairs parted by themselves`,
    `${bad} rounds with violations`,
  ];
  return [...kinds, sums.join(', ')].join('\n');
}
