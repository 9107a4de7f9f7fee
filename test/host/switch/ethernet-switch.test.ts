import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EthernetSwitch } from '../../../src/host/switch/ethernet-switch.ts';
import type { Attachment } from '../../../src/host/switch/switch-port.ts';
import { EVERYONE, frame, TestPort } from './support.ts';

const AGE_MS = 300_000;

class Bench {
  nowMs = 0;
  readonly ethernet = new EthernetSwitch({ now: () => this.nowMs, ageMs: AGE_MS });
  readonly ports: TestPort[] = [];
  readonly plugs: Attachment[] = [];

  constructor(ports: number) {
    for (let i = 0; i < ports; i++) this.plug();
  }
  plug(): void {
    const port = new TestPort(`port${this.ports.length}`);
    this.ports.push(port);
    this.plugs.push(this.ethernet.attach(port));
  }
  /** Which ports a frame went to. */
  goes(at: number, bytes: Uint8Array): number[] {
    this.plugs[at]!.receive(bytes);
    return this.ports.flatMap((port, i) => port.taken.splice(0).map(() => i));
  }
}

describe('where a frame goes', () => {
  test('to every other port until its destination has been seen, and to that one alone from then on', () => {
    const bench = new Bench(3);
    expect(bench.goes(0, frame(2, 1))).toEqual([1, 2]);
    expect(bench.goes(1, frame(1, 2))).toEqual([0]);
    expect(bench.goes(0, frame(2, 1))).toEqual([1]);
    expect(bench.goes(2, frame(EVERYONE, 3))).toEqual([0, 1]);
  });

  test('nowhere when its destination is on the port it came from', () => {
    const bench = new Bench(3);
    bench.goes(0, frame(EVERYONE, 1));
    bench.goes(0, frame(EVERYONE, 2));
    expect(bench.goes(0, frame(2, 1))).toEqual([]);
  });

  test('to the new place of a card as soon as the card has spoken there', () => {
    const bench = new Bench(3);
    bench.goes(0, frame(EVERYONE, 1));
    expect(bench.goes(2, frame(1, 9))).toEqual([0]);
    bench.goes(1, frame(EVERYONE, 1));
    expect(bench.goes(2, frame(1, 9))).toEqual([1]);
    expect(bench.ethernet.status()).toMatchObject({
      moves: 1,
      addresses: [{ mac: '02:00:00:00:00:01', port: 'port1' }, { mac: '02:00:00:00:00:09' }],
    });
  });

  test('to every port again when the card has been silent for the whole age', () => {
    const bench = new Bench(3);
    bench.goes(0, frame(EVERYONE, 1));
    bench.nowMs = AGE_MS;
    expect(bench.goes(1, frame(1, 2))).toEqual([0]);
    bench.nowMs = AGE_MS + 1;
    expect(bench.goes(1, frame(1, 2))).toEqual([0, 2]);
    expect(bench.ethernet.status()).toMatchObject({ moves: 0, addresses: [{ mac: '02:00:00:00:00:02', ageMs: 0 }] });
  });

  test('to every port again when the port is down or gone', () => {
    const bench = new Bench(4);
    bench.goes(0, frame(EVERYONE, 1));
    bench.plugs[0]!.setUp(false);
    expect(bench.goes(2, frame(1, 9))).toEqual([1, 3]);
    bench.plugs[0]!.setUp(true);
    expect(bench.goes(2, frame(1, 9))).toEqual([0, 1, 3]);
    bench.goes(0, frame(EVERYONE, 1));
    bench.plugs[0]!.detach();
    expect(bench.goes(2, frame(1, 9))).toEqual([1, 3]);
    expect(bench.ethernet.status().ports.map(({ port }) => port)).toEqual(['port1', 'port2', 'port3']);
  });

  test('no farther than the switch when it is for the next bridge', () => {
    const bench = new Bench(2);
    const hello = frame(0, 1);
    hello.set([0x01, 0x80, 0xc2, 0, 0, 0]);
    expect(bench.goes(0, hello)).toEqual([]);
    hello[5] = 0x10;
    expect(bench.goes(0, hello)).toEqual([1]);
  });
});

test('a port that takes nothing loses its own frames and nobody else does', () => {
  const bench = new Bench(3);
  bench.ports[1]!.deaf = true;
  for (let i = 0; i < 10; i++) expect(bench.goes(0, frame(EVERYONE, 1, 'x'))).toEqual([2]);
  const idle = { up: true, framesIn: 0, bytesIn: 0, framesOut: 0, bytesOut: 0, lost: 0, refused: 0 };
  expect(bench.ethernet.status().ports).toEqual([
    { ...idle, port: 'port0', framesIn: 10, bytesIn: 150 },
    { ...idle, port: 'port1', lost: 10 },
    { ...idle, port: 'port2', framesOut: 10, bytesOut: 150 },
  ]);
});

test('what is no frame is refused: too short, sent by a group address, or from a port that is gone', () => {
  const bench = new Bench(2);
  expect(bench.goes(0, new Uint8Array(13))).toEqual([]);
  expect(bench.goes(0, frame(EVERYONE, EVERYONE))).toEqual([]);
  expect(bench.ethernet.status().ports[0]).toMatchObject({ framesIn: 0, refused: 2 });
  bench.plugs[0]!.detach();
  expect(bench.goes(0, frame(EVERYONE, 1))).toEqual([]);
  expect(bench.ethernet.status().addresses).toEqual([]);
});

test('any traffic goes where a model of the rules says', () => {
  const step = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record({
        at: fc.nat(3),
        to: fc.nat(5),
        from: fc.integer({ min: 1, max: 5 }),
        waits: fc.nat(AGE_MS / 4),
      }),
    },
    { weight: 1, arbitrary: fc.record({ downUp: fc.nat(3) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bench = new Bench(4);
      const seen = new Map<number, { at: number; ms: number }>();
      for (const each of steps) {
        if ('downUp' in each) {
          bench.plugs[each.downUp]!.setUp(false);
          bench.plugs[each.downUp]!.setUp(true);
          for (const [mac, { at }] of seen) if (at === each.downUp) seen.delete(mac);
          continue;
        }
        const { at, to, from } = each;
        bench.nowMs += each.waits;
        seen.set(from, { at, ms: bench.nowMs });
        const place = seen.get(to);
        const known = to !== 0 && place !== undefined && bench.nowMs - place.ms <= AGE_MS;
        const expected = known ? [place.at] : [0, 1, 2, 3];
        const got = bench.goes(at, frame(to === 0 ? EVERYONE : to, from));
        expect(got).toEqual(expected.filter((port) => port !== at));
      }
    }),
  );
});

test('a peer that makes addresses up floods, and costs no memory', () => {
  const bench = new Bench(2);
  const flood = frame(EVERYONE, 0);
  const view = new DataView(flood.buffer);
  for (let i = 0; i < 50_000; i++) {
    view.setUint32(8, i);
    bench.plugs[0]!.receive(flood);
  }
  expect(bench.ethernet.status().addresses).toHaveLength(16_384);
  bench.ports[1]!.texts();
  expect(bench.goes(1, frame(EVERYONE, 7))).toEqual([0]);
  expect(bench.goes(0, frame(7, 8))).toEqual([1]);
});
