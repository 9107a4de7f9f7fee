/**
 * Goldfish real-time clock with alarm (Android "goldfish" virtual hardware guide, section "Goldfish RTC device"):
 * nanoseconds since 1970. It reads no clock of its own: `now` is the wall time at power on plus guest time, and
 * `expire` is called by the board when guest time reaches the alarm.
 */

import type { Device, InterruptLine } from './device.ts';

export const RTC_BYTES = 0x1000;
const TIME_LOW = 0x00;
const TIME_HIGH = 0x04;
const ALARM_LOW = 0x08;
const ALARM_HIGH = 0x0c;
const IRQ_ENABLED = 0x10;
const CLEAR_ALARM = 0x14;
const ALARM_STATUS = 0x18;
const CLEAR_INTERRUPT = 0x1c;

export type RtcState = {
  /** What the guest added to the clock by setting it, nanoseconds. */
  readonly offsetNs: bigint;
  readonly alarmNs: bigint;
  readonly alarmArmed: boolean;
  /** High half of the time that the last read of TIME_LOW latched. */
  readonly latchedHigh: number;
  readonly interruptEnabled: boolean;
  readonly interruptPending: boolean;
};

export interface RtcPorts {
  readonly interrupt: InterruptLine;
  /** Wall clock time without the guest's offset, nanoseconds since 1970. */
  readonly now: () => bigint;
  /** The alarm was armed, moved or cleared: the board asks `alarmAt` again. */
  readonly alarmChanged: () => void;
}

const resetState = (): RtcState => ({
  offsetNs: 0n,
  alarmNs: 0n,
  alarmArmed: false,
  latchedHigh: 0,
  interruptEnabled: false,
  interruptPending: false,
});
const low = (v: bigint): number => Number(BigInt.asUintN(32, v));
const high = (v: bigint): number => Number(BigInt.asUintN(32, v >> 32n));
const join = (h: number | bigint, l: number | bigint): bigint => (BigInt(h) << 32n) | BigInt(l);

export class GoldfishRtc implements Device<RtcState> {
  readonly #ports: RtcPorts;
  #s: RtcState = resetState();

  constructor(ports: RtcPorts) {
    this.#ports = ports;
  }

  /** Wall clock time (as `now` counts it) at which the armed alarm fires, or undefined. */
  get alarmAt(): bigint | undefined {
    return this.#s.alarmArmed ? this.#s.alarmNs - this.#s.offsetNs : undefined;
  }
  /** Whether the alarm, when it fires, will drive the line. */
  get alarmInterrupts(): boolean {
    return this.#s.alarmArmed && this.#s.interruptEnabled && !this.#s.interruptPending;
  }

  /** The guest's setting of the clock survives a reset, as a battery-backed clock's does. */
  reset(): void {
    this.#set({ ...resetState(), offsetNs: this.#s.offsetNs });
  }

  /** Time has come to `nowNs`: fires the alarm if it is due. */
  expire(nowNs: bigint): void {
    const due = this.alarmAt;
    if (due !== undefined && due <= nowNs) this.#set({ alarmArmed: false, interruptPending: true });
  }

  /** Registers are 32 bits wide; an access of another width reads 0 and writes nothing. */
  read(offset: number, width: 1 | 2 | 4): number {
    if (width !== 4) return 0;
    switch (offset) {
      case TIME_LOW: {
        const time = this.#time();
        this.#set({ latchedHigh: high(time) });
        return low(time);
      }
      case TIME_HIGH:
        return this.#s.latchedHigh;
      case ALARM_LOW:
        return low(this.#s.alarmNs);
      case ALARM_HIGH:
        return high(this.#s.alarmNs);
      case IRQ_ENABLED:
        return Number(this.#s.interruptEnabled);
      case ALARM_STATUS:
        return Number(this.#s.alarmArmed);
      default:
        return 0;
    }
  }

  write(offset: number, width: 1 | 2 | 4, value: number): void {
    if (width !== 4) return;
    switch (offset) {
      case TIME_LOW:
        this.#setTime((time) => join(high(time), value));
        break;
      case TIME_HIGH:
        this.#setTime((time) => join(value, low(time)));
        break;
      case ALARM_LOW:
        // Writing the low half arms the alarm; one in the past fires now.
        this.#set({ alarmNs: join(high(this.#s.alarmNs), value), alarmArmed: true });
        this.expire(this.#ports.now());
        break;
      case ALARM_HIGH:
        this.#set({ alarmNs: join(value, low(this.#s.alarmNs)) });
        break;
      case IRQ_ENABLED:
        this.#set({ interruptEnabled: (value & 1) === 1 });
        break;
      case CLEAR_ALARM:
        this.#set({ alarmArmed: false });
        break;
      case CLEAR_INTERRUPT:
        this.#set({ interruptPending: false });
        break;
    }
    this.#ports.alarmChanged();
  }

  save(): RtcState {
    return this.#s;
  }
  restore(state: RtcState): void {
    this.#s = state;
  }

  #time(): bigint {
    return BigInt.asUintN(64, this.#ports.now() + this.#s.offsetNs);
  }

  #setTime(change: (time: bigint) => bigint): void {
    const now = this.#ports.now();
    const time = BigInt.asUintN(64, now + this.#s.offsetNs);
    this.#set({ offsetNs: change(time) - now });
    this.expire(now);
  }

  #set(change: Partial<RtcState>): void {
    this.#s = { ...this.#s, ...change };
    this.#ports.interrupt(this.#s.interruptPending && this.#s.interruptEnabled);
  }
}
