/** What every registry must do (src/ft/cluster/registry.ts), as tests of the suite that calls. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cluster } from '../../../src/ft/cluster/cluster.ts';
import { ledgerOf, reserved, settled } from '../../../src/ft/cluster/ledgers.ts';
import type { PlaceRequest } from '../../../src/ft/cluster/placement.ts';
import { hostKey } from '../../../src/ft/cluster/records.ts';
import { LEASE_MS, type Registry } from '../../../src/ft/cluster/registry.ts';
import type { MakeRig, RegistryRig } from './rigs.ts';

const texts = async (registry: Registry, prefix = ''): Promise<string[]> =>
  (await registry.leases(prefix)).map(({ text }) => text);
/** Time limits are guards, not measures. */
const patient = { timeout: 60_000, interval: 100 };

/** Name of each, and how one is made in an empty folder. */
export function registryConformance(rigs: readonly (readonly [string, MakeRig])[]): void {
  let folder: string;
  let opened: Registry[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-registry-'));
    opened = [];
  });
  afterEach(async () => {
    await Promise.all(opened.map((registry) => registry.close()));
    rmSync(folder, { recursive: true });
  });

  async function make(
    makeRig: MakeRig,
  ): Promise<Omit<RegistryRig, 'open'> & { readonly open: () => Promise<Registry> }> {
    const rig = await makeRig(folder);
    const open = async (): Promise<Registry> => {
      const registry = await rig.open();
      opened.push(registry);
      return registry;
    };
    return { ...rig, open };
  }

  test.each(rigs)('%s: records are changed from the revision that was read, and by one alone', async (_name, rigOf) => {
    const rig = await make(rigOf);
    const [a, b] = [await rig.open(), await rig.open()];
    expect(await a.read('x')).toBeUndefined();
    expect(await a.swap('x', 0, 'one')).toEqual({ kind: 'done' });
    const read = await b.read('x');
    expect(read).toMatchObject({ key: 'x', text: 'one' });
    expect(await b.swap('x', 0, 'again')).toEqual({ kind: 'changed' });
    expect(await b.swap('x', read!.revision, 'two')).toEqual({ kind: 'done' });
    expect(await a.swap('x', read!.revision, 'late')).toEqual({ kind: 'changed' });
    expect(await a.swap('x', read!.revision + 1000, 'early')).toEqual({ kind: 'changed' });
    expect((await a.read('x'))?.text).toBe('two');
    expect((await (await rig.open()).read('x'))?.text).toBe('two');
  });

  test.each(rigs)('%s: keys of any kind are kept apart, and listed by prefix', async (_name, rigOf) => {
    const registry = await (await make(rigOf)).open();
    const keys = ['p/a', 'p/a.1', 'p/a/b', 'p/host (12ab)', 'p/é', 'q/..', '.', 'p.1'];
    for (const key of keys) expect(await registry.swap(key, 0, `of ${key}`)).toEqual({ kind: 'done' });
    for (const key of keys) expect((await registry.read(key))?.text).toBe(`of ${key}`);
    const found = (await registry.list('p/')).map(({ key }) => key);
    expect([...found].sort()).toEqual(keys.filter((key) => key.startsWith('p/')).sort());
  });

  test.each(rigs)('%s: of many who count at once nobody overwrites another', async (_name, rigOf) => {
    const rig = await make(rigOf);
    const counters = await Promise.all(Array.from({ length: 6 }, () => rig.open()));
    const count = async (registry: Registry, who: number): Promise<void> => {
      for (let i = 0; i < 5; ) {
        const record = await registry.read('count');
        const said = (record?.text ?? '').split(' ').filter((word) => word !== '');
        const word = `${who}.${i}`;
        // After an unknown result what was asked may be there.
        if (said.includes(word)) i++;
        else {
          const result = await registry.swap('count', record?.revision ?? 0, [...said, word].join(' '));
          if (result.kind === 'done') i++;
        }
      }
    };
    await Promise.all(counters.map(count));
    const words = (await counters[0]!.read('count'))!.text.split(' ');
    expect(words.length).toBe(30);
    expect(new Set(words).size).toBe(30);
  });

  test.each(rigs)('%s: a lease is seen while its owner lives, changes, and ends at once', async (_name, rigOf) => {
    const rig = await make(rigOf);
    const [a, b] = [await rig.open(), await rig.open()];
    expect(await texts(b)).toEqual([]);
    const lease = await a.lease('host/a', 'first');
    await expect.poll(() => texts(b), patient).toEqual(['first']);
    expect(await texts(b, 'pair/')).toEqual([]);
    lease.set('second');
    await expect.poll(() => texts(b, 'host/'), patient).toEqual(['second']);
    await new Promise((done) => setTimeout(done, 2 * LEASE_MS));
    // On a machine that stood still it may have run out, and is there again.
    const second = [{ key: 'host/a', text: 'second', proven: true }];
    await expect.poll(() => b.leases(''), patient).toEqual(second);
    await lease.end();
    await expect.poll(() => texts(b), patient).toEqual([]);
  });

  test.each(rigs)('%s: a lease goes to who takes it last, and with the registry of its owner', async (_name, rigOf) => {
    const rig = await make(rigOf);
    const [a, b, c] = [await rig.open(), await rig.open(), await rig.open()];
    const first = await a.lease('host/x', 'of a');
    await b.lease('host/x', 'of b');
    await expect.poll(() => texts(c), patient).toEqual(['of b']);
    first.set('of a again');
    await new Promise((done) => setTimeout(done, LEASE_MS));
    expect(await texts(c)).toEqual(['of b']);
    await first.end();
    await new Promise((done) => setTimeout(done, LEASE_MS));
    expect(await texts(c)).toEqual(['of b']);
    await b.close();
    await expect.poll(() => texts(c), patient).toEqual([]);
  });

  test.each(rigs)('%s: who looks for the first time is sure once it has settled', async (_name, rigOf) => {
    const rig = await make(rigOf);
    await (await rig.open()).lease('host/a', 'lives');
    const late = await rig.open();
    await late.settled();
    expect(await late.leases('')).toEqual([{ key: 'host/a', text: 'lives', proven: true }]);
  });

  test.each(rigs)('%s: changes are told of', async (_name, rigOf) => {
    const rig = await make(rigOf);
    const [a, b] = [await rig.open(), await rig.open()];
    await b.leases('');
    let told = 0;
    const stop = b.watch(() => told++);
    await a.swap('x', 0, 'one');
    await expect.poll(() => told, patient).toBeGreaterThan(0);
    const before = told;
    await a.lease('host/a', 'here');
    await expect.poll(() => told, patient).toBeGreaterThan(before);
    stop();
  });

  test.each(rigs)(
    '%s: out of reach reads fail and swaps are unknown; reached again, leases are back',
    async (_n, rigOf) => {
      const rig = await make(rigOf);
      const [a, b] = [await rig.open(), await rig.open()];
      await a.lease('host/a', 'here');
      await expect.poll(() => texts(b), patient).toEqual(['here']);
      rig.cut();
      await expect(b.read('x')).rejects.toMatchObject({ code: 'no-registry' });
      await expect(b.list('')).rejects.toMatchObject({ code: 'no-registry' });
      await expect(b.leases('')).rejects.toMatchObject({ code: 'no-registry' });
      expect(await b.swap('x', 0, 'one')).toMatchObject({ kind: 'unknown' });
      rig.heal();
      const record = await b.read('x');
      expect(await b.swap('x', record?.revision ?? 0, 'two')).toEqual({ kind: 'done' });
      await expect.poll(() => texts(b), patient).toEqual(['here']);
    },
  );

  test.each(rigs)('%s: two who promise at once do not promise the same memory twice', async (_name, rigOf) => {
    const rig = await make(rigOf);
    const owner = await rig.open();
    const GB = 2 ** 30;
    const report = { name: 'h', agent: 'tcp:h:1', version: '1', cpus: 4, load: 0, ramBytes: 3 * GB, freeBytes: 9 * GB };
    await owner.lease(hostKey('h'), JSON.stringify(report));
    const askers = await Promise.all(Array.from({ length: 6 }, async () => new Cluster(await rig.open())));
    const request = (pair: string): PlaceRequest => ({ pair, from: 'x', bytes: GB, version: '1', failed: new Set() });
    const answers = await Promise.all(
      askers.map((cluster, i) =>
        cluster.walk(reserved('h', request(`p${i}`), { id: `r${i}`, pair: `p${i}`, bytes: GB })),
      ),
    );
    expect(answers.filter((reason) => reason === undefined)).toHaveLength(3);
    for (const reason of answers) if (reason !== undefined) expect(reason).toContain('0 MiB for guests left');
    const { reservations } = await askers[0]!.walk(ledgerOf('h'));
    expect(reservations.map(({ id }) => id).sort()).toEqual(
      answers.flatMap((reason, i) => (reason === undefined ? [`r${i}`] : [])),
    );
    await askers[1]!.walk(settled('h', [], new Set(reservations.map(({ id }) => id)), false));
    // Nor two places of one pair on one host.
    const both = await Promise.all(
      ['m', 'n'].map((id, i) => askers[i]!.walk(reserved('h', request('p'), { id, pair: 'p', bytes: GB }))),
    );
    expect(both.filter((reason) => reason === undefined)).toHaveLength(1);
    expect(both).toContain('it has a place of the pair');
  });
}
