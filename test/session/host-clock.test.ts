import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tick } from '../../src/lib/brands.ts';
import { HostClock } from '../../src/session/host-clock.ts';
import type { Moment } from '../../src/session/source.ts';

/** A machine that is nothing but a clock, on a host that makes `speed(n)` steps per ms in slice n. */
function drive(slices: number, speed: (slice: number) => number): { anchors: number; worst: bigint; back: number } {
  const clock = new HostClock({ mode: 'host', time: 0n, hostNs: 0n });
  let anchor = { tick: 0n, time: 0n, rate: 0n };
  let at = 0n;
  let ns = 0n;
  let result = { anchors: 0, worst: 0n, back: 0 };
  const time = () => anchor.time + (((at - anchor.tick) * anchor.rate) >> 24n);
  for (let slice = 0; slice < slices; slice++) {
    const now: Moment = { tick: tick(at), time: time(), state: 'running', nextTimer: undefined };
    clock.measure(now, ns);
    const plan = clock.plan(now, ns);
    const error = now.time - clock.timeAt(ns);
    if (slice > 50) result = { ...result, worst: error * error > result.worst * result.worst ? error : result.worst };
    if (plan.anchor !== undefined) {
      if (plan.anchor.time < now.time) result.back++;
      result.anchors++;
      anchor = { tick: at, time: plan.anchor.time, rate: plan.anchor.rate };
    }
    const ticks = plan.until - at;
    at = plan.until;
    ns += BigInt(Math.round((Number(ticks) * 1e6) / speed(slice)));
  }
  return result;
}

describe('the host clock', () => {
  it('keeps guest time within a millisecond of host time at a steady speed, with few anchors', () => {
    const { anchors, worst, back } = drive(2000, () => 110_000);
    expect(back).toBe(0);
    expect(anchors).toBeLessThan(400);
    expect(worst < 5_000n && worst > -5_000n).toBe(true);
  });

  it('never lets guest time go back, whatever the speed does', () => {
    const forwards = (speeds: readonly number[]) =>
      expect(drive(200, (slice) => speeds[slice % speeds.length]!).back).toBe(0);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 50, max: 2_000_000 }), { minLength: 1, maxLength: 50 }), (speeds) => {
        forwards(speeds);
      }),
      { numRuns: 100 },
    );
  });

  it('makes slices of about a millisecond', () => {
    const clock = new HostClock({ mode: 'host', time: 0n, hostNs: 0n });
    let at = 0n;
    let ns = 0n;
    for (let i = 0; i < 60; i++) {
      const now: Moment = { tick: tick(at), time: 0n, state: 'running', nextTimer: undefined };
      clock.measure(now, ns);
      const { until } = clock.plan(now, ns);
      ns += (until - at) * 8n;
      at = until;
    }
    const now: Moment = { tick: tick(at), time: 0n, state: 'running', nextTimer: undefined };
    clock.measure(now, ns);
    expect(Number(clock.plan(now, ns).until - at) / 125_000).toBeCloseTo(1, 1);
  });

  it('moves time at the end of a wait to the present, and waits no longer than the next timer', () => {
    const clock = new HostClock({ mode: 'host', time: 100n, hostNs: 1_000n });
    const now: Moment = { tick: tick(5), time: 100n, state: 'waiting', nextTimer: 50_100n };
    expect(clock.waitNs(now, 1_000n)).toBe(5_000_000n);
    expect(clock.waitNs(now, 9_000_000n)).toBe(0n);
    expect(clock.plan(now, 5_001_000n).anchor).toMatchObject({ time: 50_100n });
  });

  it('has no anchors with clock ticks', () => {
    const clock = new HostClock({ mode: 'ticks', time: 0n, hostNs: 0n });
    const now: Moment = { tick: tick(5), time: 0n, state: 'waiting', nextTimer: 50n };
    expect(clock.plan(now, 1_000_000_000n).anchor).toBeUndefined();
    expect(clock.waitNs(now, 0n)).toBeUndefined();
  });
});
