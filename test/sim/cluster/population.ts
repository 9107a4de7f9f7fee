/** Which hosts a cluster has in the beginning, and which other pairs are on them. */

import { NODE_BYTES } from '../../../src/ft/cluster/view.ts';
import type { Random } from '../world/random.ts';
import { ClusterHost } from './cluster-host.ts';

/** Of the pair whose guest is simulated. */
export const PAIR = 'p';
/** All that a side of it takes. */
export const SIDE_BYTES = NODE_BYTES + (16 << 20);
/** Of all pairs. */
export const VERSION = '1';

export interface Rival {
  readonly name: string;
  readonly bytes: number;
  /** Names of hosts: of its primary, and of its backup. */
  readonly sides: readonly [string, string];
}

/** The first two hosts are the simulated pair's: its primary began on the first, its backup on the other. */
export function drawPopulation(random: Random): {
  readonly hosts: readonly ClusterHost[];
  readonly rivals: readonly Rival[];
} {
  const names = Array.from({ length: random.pick([3, 4]) }, (_, i) => `h${i}`);
  const versions = names.map((_, i) => (i > 1 && random.chance(0.2) ? '2' : VERSION));
  const same = names.filter((_, i) => versions[i] === VERSION);
  const rivals = Array.from({ length: random.pick([1, 2]) }, (_, i): Rival => {
    const at = random.below(same.length);
    const second = same[(at + 1 + random.below(same.length - 1)) % same.length]!;
    return { name: `q${i}`, bytes: random.pick([1, 1, 1.5]) * SIDE_BYTES, sides: [same[at]!, second] as const };
  });
  const hosts: ClusterHost[] = [];
  for (const [i, name] of names.entries()) {
    const used = rivals.reduce((sum, { bytes, sides }) => sum + (sides.includes(name) ? bytes : 0), 0);
    const ram = Math.max(used + (i < 2 ? SIDE_BYTES : 0), random.pick([1, 2, 2, 3]) * SIDE_BYTES);
    hosts.push(new ClusterHost(name, versions[i]!, ram + random.below(100) * 2 ** 20));
  }
  return { hosts, rivals };
}
