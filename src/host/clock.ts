/**
 * The host's clocks. Monotonic time drives the guest's clock; the wall clock is read once, at power on, for the epoch
 * that the guest's RTC counts from. Nothing below `host` reads a clock by itself.
 */

/** Nanoseconds since some moment in the past, never going back, the same for all threads of this process. */
export function monotonicNs(): bigint {
  return process.hrtime.bigint();
}

/** Wall clock, nanoseconds since 1970. */
export function epochNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
