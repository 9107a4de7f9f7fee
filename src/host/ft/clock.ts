/**
 * The clock of this process's protocol cores: monotonic, and it goes on while the host is suspended, which Node's own
 * does not. A core that has slept must know that it stood still: the other side may have been given up, or have given
 * up this one, meanwhile.
 *
 * Seen by the wall clock, which leaps ahead of the monotonic one over a suspension. A wall clock that is set forward
 * looks the same, and costs one needless greeting; one that is set back is nothing.
 */

/** Smaller leaps are a wall clock that is disciplined. */
const LEAP_MS = 50;

let aheadMs = Date.now() - performance.now();
let suspendedMs = 0;

/** Milliseconds, with fractions, from an origin that stays the same in this process. */
export function clockMs(): number {
  const monotonicMs = performance.now();
  let nowAheadMs = Date.now() - monotonicMs;
  // A process that is put aside between the two readings sees a leap too, but not again.
  if (nowAheadMs - aheadMs > LEAP_MS) nowAheadMs = Date.now() - performance.now();
  if (nowAheadMs - aheadMs > LEAP_MS) suspendedMs += nowAheadMs - aheadMs;
  aheadMs = nowAheadMs;
  return monotonicMs + suspendedMs;
}
