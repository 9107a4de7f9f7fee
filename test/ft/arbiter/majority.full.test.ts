/** Acceptors in processes of their own, killed and frozen: all of them, and fewer than half. */
import { expect, test } from 'vitest';
import { diskFolder } from '../../host/disk/support.ts';
import { conformance, settle } from './conformance.ts';
import { acceptorProcess, claimer, majorityRig, relaysTo } from './majority-rig.ts';
import { races } from './races.ts';
import type { RigMaker } from './rig.ts';

const folder = diskFolder();
const three: RigMaker = ['three processes', majorityRig(3, acceptorProcess)];
const five: RigMaker = ['five processes', majorityRig(5, acceptorProcess)];

conformance(folder, [three, five]);
races(folder, [three]);

test('of five, any two may hang or die; without three nothing is decided, and all of it with them', async () => {
  const acceptors = await Promise.all(Array.from({ length: 5 }, () => acceptorProcess(folder)));
  const relays = await relaysTo(folder, acceptors);
  const [a, b] = [claimer(relays, 2000), claimer(relays, 2000)];
  let epoch = 0;
  const race = async (): Promise<void> => {
    epoch++;
    const results = await Promise.all([settle(a, epoch, 'a'), settle(b, epoch, 'b')]);
    expect(results.map(({ kind }) => kind).sort()).toEqual(['lost', 'won']);
  };
  for (const [i, acceptor] of acceptors.entries()) {
    const other = acceptors[(i + 1) % 5]!;
    acceptor.process!.freeze();
    await other.kill();
    await race();
    acceptor.process!.thaw();
    await other.start();
  }
  for (const { process } of acceptors.slice(0, 3)) process!.freeze();
  expect(await a.claim('p', epoch + 1, 'a')).toMatchObject({ kind: 'unknown' });
  expect(await b.read('p')).toMatchObject({ kind: 'unknown' });
  for (const { process } of acceptors.slice(0, 3)) process!.thaw();
  await race();
});
