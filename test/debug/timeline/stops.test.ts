import { beforeAll, describe, expect, test } from 'vitest';
import { alertProbe } from '../../../src/debug/timeline/alert-probe.ts';
import { stepProbe } from '../../../src/debug/timeline/step-probe.ts';
import type { Hit, Stop, StopRequests, Watchpoint } from '../../../src/debug/timeline/stops.ts';
import type { Timeline } from '../../../src/debug/timeline/timeline.ts';
import { readSymbols } from '../../../src/emu/machine/elf.ts';
import type { TimelineOptions } from '../../../src/host/open-timeline.ts';
import { tick } from '../../../src/lib/brands.ts';
import { record, testFolder } from '../../host/support.ts';
import { Film } from './film.ts';
import { chooser, golden, newSeed, withTimeline } from './support.ts';

const folder = testFolder();
/** Ways to watch steps; all find the same. */
const WAYS: readonly TimelineOptions[] = [
  { engine: 'interpreter', probe: stepProbe },
  { engine: 'interpreter', probe: alertProbe },
  { engine: 'auto', probe: alertProbe },
];
const nameOf = ({ engine, probe }: TimelineOptions): string => `${engine}, ${probe === stepProbe ? 'steps' : 'alerts'}`;
const seed = newSeed();
const choose = chooser(seed);
const hint = `LOCKSTEP_SEED=${seed}`;

/** Goes forwards and backwards through `low` to `high`, from random places, and finds what `hits` say. */
async function findsAll(
  timeline: Timeline,
  stops: StopRequests,
  hits: readonly Hit[],
  low: bigint,
  high: bigint,
  times = 6,
): Promise<void> {
  for (let i = 0; i < times; i++) {
    const from = low + choose(high - low + 1n);
    await timeline.seek(tick(from));
    const next = hits.find(({ forwards }) => forwards > from && forwards <= high);
    expect(await timeline.forward(stops, tick(high)), `forwards from ${from}, ${hint}`).toEqual(
      stopOf(next, next?.forwards, high),
    );
    await timeline.seek(tick(from));
    const last = hits.findLast(({ backwards }) => backwards < from && backwards >= low);
    const limit = from < low ? from : low;
    expect(await timeline.backward(stops, tick(low), undefined), `backwards from ${from}, ${hint}`).toEqual(
      stopOf(last, last?.backwards, limit),
    );
    expect(timeline.now).toBe(last?.backwards ?? limit);
  }
}

const stopOf = (hit: Hit | undefined, at: bigint | undefined, limit: bigint): Stop =>
  hit === undefined ? { kind: 'limit', tick: tick(limit) } : { ...hit.reason, tick: tick(at!) };

describe.each(WAYS.map((way) => ({ name: nameOf(way), way })))('hello, all of it: $name', ({ way }) => {
  const file = golden('hello');
  let film: Film;
  beforeAll(() => {
    film = new Film(file, 0n, 571n);
  });

  test('breakpoints and registers, at every place they are met', async () => {
    await withTimeline(file, way, async ({ timeline }) => {
      expect(timeline.end).toBe(film.last);
      for (const at of [1n, 2n, 100n, 300n, 570n]) {
        const { pc } = film.at(at);
        await findsAll(timeline, { breakpoints: new Set([pc]) }, film.breakpoint(pc), 0n, film.last);
      }
      for (const r of [1, 2, 10, 15]) {
        await findsAll(timeline, { registers: [{ field: `x${r}` }] }, film.register(r), 0n, film.last);
      }
    });
  });

  test('the line that it says', async () => {
    await withTimeline(file, way, async ({ timeline }) => {
      const [line] = film.lines();
      const stops = { consoleMatch: /from the/g };
      for (let i = 0; i < 2; i++) {
        expect(await timeline.forward(stops, timeline.end)).toEqual({
          kind: 'console',
          line: 'hello from the guest',
          tick: line!.at,
        });
        expect(await timeline.forward(stops, timeline.end)).toEqual({ kind: 'limit', tick: timeline.end });
        expect(await timeline.backward(stops, timeline.start)).toEqual({
          kind: 'console',
          line: 'hello from the guest',
          tick: line!.at,
        });
        expect(await timeline.backward(stops, timeline.start)).toEqual({ kind: 'limit', tick: 0n });
      }
      // From the middle of the line.
      await timeline.seek(tick(line!.at - 60n));
      expect(await timeline.forward(stops, timeline.end)).toMatchObject({
        kind: 'console',
        line: 'hello from the guest',
      });
    });
  });

  test('a run to the limit stops there, at the beginning and at the end too', async () => {
    await withTimeline(file, way, async ({ timeline }) => {
      expect(await timeline.forward({}, tick(10n))).toEqual({ kind: 'limit', tick: 10n });
      expect(await timeline.forward({}, tick(10_000n))).toEqual({ kind: 'limit', tick: timeline.end });
      expect(await timeline.backward({}, tick(20n))).toEqual({ kind: 'limit', tick: 20n });
      expect(await timeline.backward({}, tick(20n))).toEqual({ kind: 'limit', tick: 20n });
      expect(await timeline.backward({ breakpoints: new Set([1n]) }, tick(0n))).toEqual({ kind: 'limit', tick: 0n });
      expect(await timeline.backward({ breakpoints: new Set([1n]) }, tick(0n))).toEqual({ kind: 'limit', tick: 0n });
    });
  });
});

describe.each(WAYS.map((way) => ({ name: nameOf(way), way })))('race, around a switch of threads: $name', ({ way }) => {
  const file = golden('race');
  let [low, high] = [0n, 0n];
  let film: Film;
  let counter: bigint;
  beforeAll(async () => {
    await withTimeline(file, way, async ({ timeline, symbolImages }) => {
      const symbols = readSymbols(symbolImages[0]!.bytes, 'race');
      counter = symbols.find(({ name }) => name === 'counter')!.address;
      await timeline.seek(tick(2_000_000n));
      const { tick: at } = await timeline.forward({ events: new Set(['interrupt']) }, timeline.end);
      [low, high] = [at - 9000n, at + 5000n];
    });
    film = new Film(file, low, high, counter);
  });

  test('the timer interrupts, and a breakpoint at their handler', async () => {
    const interrupts = film.interrupts();
    expect(interrupts.length).toBeGreaterThan(0);
    await withTimeline(file, way, async ({ timeline }) => {
      const reason = { kind: 'event', event: 'interrupt', detail: 'machine timer interrupt' } as const;
      const hits = interrupts.map((t) => ({ reason, forwards: tick(t), backwards: tick(t) }));
      await findsAll(timeline, { events: new Set(['interrupt']) }, hits, low, high, 2);
      const handler = film.at(low).mtvec;
      expect(film.breakpoint(handler).map(({ forwards }) => forwards)).toEqual(interrupts);
      await findsAll(timeline, { breakpoints: new Set([handler]) }, film.breakpoint(handler), low, high, 2);
    });
  });

  test('who writes the counter, and who reads it', async () => {
    const changes = film.changes();
    expect(changes.length).toBeGreaterThan(6);
    await withTimeline(file, way, async ({ timeline }) => {
      const watch = (on: Watchpoint['on']): StopRequests => ({ watchpoints: [{ pa: counter, length: 8, on }] });
      const at = changes[5]!;
      await timeline.seek(tick(at + 1n));
      const { pc } = film.at(at);
      expect(await timeline.backward(watch('write'), tick(low))).toMatchObject({ kind: 'watchpoint', pc, tick: at });
      expect(await timeline.backward(watch('write'), tick(low))).toMatchObject({ tick: changes[4]! });
      expect(await timeline.forward(watch('write'), tick(high))).toMatchObject({ tick: changes[4]! + 1n });
      expect(await timeline.forward(watch('write'), tick(high))).toMatchObject({ tick: at + 1n });
      const read = await timeline.backward(watch('access'), tick(low));
      expect(read.tick).toBe(at);
      const before = await timeline.backward(watch('read'), tick(low));
      expect(before.tick).toBeLessThan(at);
      expect(before.tick).toBeGreaterThan(changes[4]!);
    });
  });
});

test.each(['race', 'clock'])('%s: whoever watches, the same stops are met in the same order', async (name) => {
  const runs: Stop[][] = [];
  const from = name === 'race' ? 2_000_000n + choose(1_000_000n) : choose(30_000n);
  for (const way of WAYS) {
    await withTimeline(golden(name), way, async ({ timeline, symbolImages }) => {
      await timeline.seek(tick(from));
      const symbols = readSymbols(symbolImages[0]!.bytes, name);
      const symbol = (wanted: string): bigint | undefined => symbols.find((one) => one.name === wanted)?.address;
      const pa = symbol('units_done') ?? timeline.board.harts[0]!.x(2) & ~63n;
      const stops: StopRequests = {
        breakpoints: new Set([symbol('next_value') ?? timeline.board.pc]),
        watchpoints: [{ pa, length: 64, on: 'access' }],
        events: new Set(['interrupt', 'exception', 'syscall', 'privilege', 'input']),
      };
      const met: Stop[] = [];
      for (let i = 0; i < 20; i++) met.push(await timeline.forward(stops, tick(from + 12_000n)));
      for (let i = 0; i < 20; i++) met.push(await timeline.backward(stops, tick(from)));
      runs.push(met);
    });
  }
  expect(runs[0]!.some(({ kind }) => kind !== 'limit')).toBe(true);
  for (const run of runs) expect(run, hint).toEqual(runs[0]);
});

test('what is typed, what comes from disks and as random bits are inputs; the clock is not', async () => {
  const file = folder.path('clock.lks');
  await record('clock', file, { append: 'wait=400' }, async (ui) => {
    await ui.output.until((text) => text.includes('type something'));
    ui.input.write('hi');
  });
  const film = new Film(file, 0n, 0n);
  const inputs = [...new Set(film.inputs())];
  expect(inputs.length).toBeGreaterThan(1);
  await withTimeline(file, {}, async ({ timeline }) => {
    const stops = { events: new Set(['input'] as const) };
    const there = [];
    for (
      let stop = await timeline.forward(stops, timeline.end);
      stop.kind !== 'limit';
      stop = await timeline.forward(stops, timeline.end)
    )
      there.push(stop.tick);
    expect(there).toEqual(inputs);
    const back = [];
    for (
      let stop = await timeline.backward(stops, timeline.start);
      stop.kind !== 'limit';
      stop = await timeline.backward(stops, timeline.start)
    )
      back.push(stop.tick);
    expect(back).toEqual(inputs.toReversed());
  });
});

test('a disk writes to memory that is watched', async () => {
  await withTimeline(golden('disk'), {}, async ({ timeline }) => {
    const stops = { events: new Set(['input'] as const) };
    let stop = await timeline.forward(stops, timeline.end);
    while (stop.kind === 'event' && !stop.detail.includes(', 4096 bytes'))
      stop = await timeline.forward(stops, timeline.end);
    expect(stop).toMatchObject({ kind: 'event' });
    const at = timeline.now;
    const before = timeline.board.ram.bytes.slice();
    await timeline.seek(tick(at + 1n));
    const changed = timeline.board.ram.bytes.findIndex((byte, i) => byte !== before[i]);
    const watchpoints = [{ pa: 0x8000_0000n + BigInt(changed), length: 1, on: 'write' }] as const;
    await timeline.seek(tick(at + 100n));
    expect(await timeline.backward({ watchpoints }, tick(at - 100n))).toMatchObject({ kind: 'watchpoint', tick: at });
    expect(await timeline.forward({ watchpoints }, tick(at + 100n))).toMatchObject({
      kind: 'watchpoint',
      tick: at + 1n,
    });
  });
});
