/**
 * The state of the board's devices in words: what their save() gives, with sources, bits and addresses named. What
 * is here is for people; the machine's own names are in a snapshot.
 */

import type { Plain } from '../../emu/devices/device.ts';
import type { RtcState } from '../../emu/devices/goldfish-rtc.ts';
import { PLIC_SOURCES, type PlicState } from '../../emu/devices/plic.ts';
import type { UartState } from '../../emu/devices/uart16550.ts';
import type { BlockState } from '../../emu/devices/virtio/block.ts';
import type { VirtioMmioState } from '../../emu/devices/virtio/mmio.ts';
import type { Board } from '../../emu/machine/board.ts';
import { Irq, VIRTIO_SLOTS } from '../../emu/machine/memory-map.ts';

export interface DeviceState {
  readonly name: string;
  /** What it is; 'empty' for a slot without a device. */
  readonly type: string;
  readonly state: { readonly [field: string]: Plain };
}

/** Virtual I/O Device specification 1.2, section 2.1. */
const VIRTIO_STATUS: readonly (readonly [number, string])[] = [
  [1, 'ACKNOWLEDGE'],
  [2, 'DRIVER'],
  [8, 'FEATURES_OK'],
  [4, 'DRIVER_OK'],
  [64, 'DEVICE_NEEDS_RESET'],
  [128, 'FAILED'],
];
const UART_INTERRUPTS: readonly (readonly [number, string])[] = [
  [1, 'data'],
  [2, 'transmitter empty'],
  [4, 'line status'],
  [8, 'modem status'],
];

/** In the order of the board: UART, PLIC, RTC, then virtio slots that have a device. */
export function deviceStates(board: Board): readonly DeviceState[] {
  const { devices } = board.save();
  const names: readonly string[] = Object.keys(devices);
  return names.flatMap((name) => {
    const state = devices[name]!;
    if (name === 'clock') return [{ name, type: 'guest clock', state: state as DeviceState['state'] }];
    const slot = /^virtio(\d)$/.exec(name)?.[1];
    if (slot === undefined) return [{ name, ...describe(name, state) }];
    const config = board.config.devices[Number(slot)];
    return config === undefined ? [] : [{ name, type: `virtio ${config.type}`, state: virtio(state, config.type) }];
  });
}

function describe(name: string, state: Plain): Omit<DeviceState, 'name'> {
  if (name === 'uart') return { type: '16550A', state: uart(state as UartState) };
  if (name === 'plic') return { type: 'PLIC', state: plic(state as PlicState) };
  if (name === 'rtc') return { type: 'goldfish RTC', state: rtc(state as RtcState) };
  return { type: name, state: state as DeviceState['state'] };
}

function uart(s: UartState): DeviceState['state'] {
  const bits = 5 + (s.lcr & 3);
  const parity = s.lcr & 8 ? (s.lcr & 16 ? 'even' : 'odd') : 'none';
  return {
    received: new Uint8Array(s.receiveFifo),
    waiting: new Uint8Array(s.waiting),
    interruptsEnabled: named(s.ier, UART_INTERRUPTS),
    transmitterEmptyPending: s.thrEmptyPending,
    fifos: (s.fcr & 1) !== 0,
    divisor: (s.dlm << 8) | s.dll,
    format: `${bits} bits, parity ${parity}, ${s.lcr & 4 ? 2 : 1} stop`,
    loopback: (s.mcr & 16) !== 0,
    lineErrors: s.lineErrors,
    modem: s.msr,
    scratch: s.scr,
  };
}

const SOURCES: ReadonlyMap<number, string> = new Map([
  [Irq.uart, 'uart'],
  [Irq.rtc, 'rtc'],
  ...Array.from({ length: VIRTIO_SLOTS }, (_, slot) => [Irq.virtio(slot), `virtio${slot}`] as const),
]);
const source = (id: number): string => SOURCES.get(id) ?? `source ${id}`;
/** Names of the sources whose entry is not 0. */
const sources = (entries: Uint8Array): string[] => [...entries.keys()].filter((id) => entries[id] !== 0).map(source);

function plic(s: PlicState): DeviceState['state'] {
  const contexts = s.enable.map((enable, context) => {
    const name = `hart ${context >> 1} ${context % 2 === 0 ? 'M' : 'S'}`;
    return [name, { enabled: sources(enable), threshold: s.threshold[context]! }] as const;
  });
  return {
    lines: sources(s.level),
    pending: sources(s.pending),
    inService: sources(s.inService),
    priorities: priorities(s.priority),
    ...Object.fromEntries(contexts),
  };
}

/** Sources by their priority; those that never interrupt, at 0, are left out. */
function priorities(priority: Uint8Array): { readonly [level: string]: string | readonly string[] } {
  const ids = [...priority.keys()].filter((id) => priority[id] !== 0);
  const levels = [...new Set(ids.map((id) => priority[id]!))].sort();
  const of = (level: number): string | readonly string[] =>
    ids.length === PLIC_SOURCES && levels.length === 1
      ? 'every source'
      : ids.filter((id) => priority[id] === level).map(source);
  return Object.fromEntries(levels.map((level) => [`${level}`, of(level)]));
}

function rtc(s: RtcState): DeviceState['state'] {
  return {
    offsetNs: s.offsetNs,
    alarm: s.alarmArmed ? s.alarmNs : null,
    interruptEnabled: s.interruptEnabled,
    interruptPending: s.interruptPending,
  };
}

function virtio(plain: Plain, type: string): DeviceState['state'] {
  const s = plain as VirtioMmioState;
  const ready = s.queues.map((queue, index) => ({ index, ...queue })).filter(({ ready: is }) => is);
  return {
    status: named(s.status, VIRTIO_STATUS),
    driverFeatures: `0x${s.driverFeatures.toString(16)}`,
    interruptPending: (s.interruptStatus & 1) !== 0,
    queues: ready.map(({ index, size, descriptorArea, driverArea, deviceArea, nextAvail, nextUsed }) => {
      const at = [descriptorArea, driverArea, deviceArea].map((area) => `0x${area.toString(16)}`);
      return { queue: index, size, descriptors: at[0]!, available: at[1]!, used: at[2]!, nextAvail, nextUsed };
    }),
    ...(type === 'block' ? blockState(s.function as BlockState) : { device: s.function }),
  };
}

const blockState = ({ requests, ...rest }: BlockState): DeviceState['state'] => {
  const shown = requests.map(({ id, operation: { op, offset, length }, issued }) => ({
    id,
    op,
    offset,
    length,
    issued,
  }));
  return { requests: shown, device: rest };
};

const named = (bits: number, names: readonly (readonly [number, string])[]): string[] =>
  names.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
