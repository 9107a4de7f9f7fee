/**
 * The device tree of the board: what QEMU's `virt` gives, for the devices that are here. It describes; addresses and
 * numbers come from memory-map.ts.
 *
 * Zkr is left out of the ISA string: naming it promises that S-mode may read `seed` (device tree binding
 * riscv/extensions.yaml), which is the firmware's to grant by mseccfg.SSEED. M-mode programs have it.
 */

import { CACHE_BLOCK_BYTES } from '../cpu/priv/cache-blocks.ts';
import { PLIC_SOURCES } from '../devices/plic.ts';
import { FINISHER_PASS, FINISHER_RESET } from '../devices/test-finisher.ts';
import { cells, cells64, encodeFdt, type FdtNode, flag, node, strings } from './fdt.ts';
import {
  CLINT,
  FINISHER,
  Irq,
  PLIC,
  RAM_BASE,
  RTC,
  TIMEBASE_HZ,
  UART,
  VIRTIO_SLOTS,
  virtioWindow,
  type Window,
} from './memory-map.ts';

export interface Tree {
  readonly memoryBytes: number;
  readonly harts: number;
  readonly bootArgs: string;
  readonly rngSeed: Uint8Array;
  readonly initrd: { readonly start: number; readonly end: number } | undefined;
  /** Memory that the operating system must leave alone. */
  readonly reserved: Window | undefined;
}

const SINGLE_LETTERS = ['i', 'm', 'a', 'f', 'd', 'c'] as const;
const EXTENSIONS = ['zicbom', 'zicboz', 'zicntr', 'zicsr', 'zifencei', 'zba', 'zbb', 'zbs', 'sstc', 'svadu'] as const;
const ISA = `rv64${SINGLE_LETTERS.join('')}_${EXTENSIONS.join('_')}`;

const UART_CLOCK_HZ = 3_686_400;
const PHANDLE_PLIC = 1;
const PHANDLE_TEST = 2;
const cpuPhandle = (hart: number): number => 3 + 2 * hart;
const intcPhandle = (hart: number): number => 4 + 2 * hart;
/** Interrupt numbers at a hart's own controller. */
const LocalIrq = { msi: 3, mti: 7, sei: 9, mei: 11 } as const;

const hex = (n: number): string => n.toString(16);
const reg = ({ base, bytes }: Window): Uint8Array => cells64(base, bytes);
const compatible = (...names: readonly string[]) => ['compatible', strings(...names)] as const;
const eachHart = <T>(harts: number, f: (hart: number) => readonly T[]): T[] =>
  Array.from({ length: harts }, (_, hart) => f(hart)).flat();

/** The encoded tree. */
export function deviceTree(tree: Tree): Uint8Array {
  const { harts, memoryBytes, reserved } = tree;
  return encodeFdt(
    node(
      '',
      [
        ['#address-cells', cells(2)],
        ['#size-cells', cells(2)],
        compatible('riscv-virtio'),
        ['model', strings('riscv-virtio,lockstep')],
      ],
      [
        chosen(tree),
        ...(reserved === undefined ? [] : [reservedMemory(reserved)]),
        node(`memory@${hex(RAM_BASE)}`, [
          ['device_type', strings('memory')],
          ['reg', cells64(RAM_BASE, memoryBytes)],
        ]),
        cpus(harts),
        syscon('poweroff', FINISHER_PASS),
        syscon('reboot', FINISHER_RESET),
        soc(harts),
      ],
    ),
  );
}

function chosen({ bootArgs, rngSeed, initrd }: Tree): FdtNode {
  return node('chosen', [
    ['stdout-path', strings(`/soc/serial@${hex(UART.base)}`)],
    ...(bootArgs === '' ? [] : [['bootargs', strings(bootArgs)] as const]),
    ...(initrd === undefined
      ? []
      : ([
          ['linux,initrd-start', cells64(initrd.start)],
          ['linux,initrd-end', cells64(initrd.end)],
        ] as const)),
    ['rng-seed', rngSeed],
  ]);
}

function reservedMemory(window: Window): FdtNode {
  return node(
    'reserved-memory',
    [
      ['#address-cells', cells(2)],
      ['#size-cells', cells(2)],
      ['ranges', flag()],
    ],
    [
      node(`mmode_resv0@${hex(window.base)}`, [
        ['reg', reg(window)],
        ['no-map', flag()],
      ]),
    ],
  );
}

function cpus(harts: number): FdtNode {
  const cpu = (hart: number): FdtNode =>
    node(
      `cpu@${hex(hart)}`,
      [
        ['phandle', cells(cpuPhandle(hart))],
        ['device_type', strings('cpu')],
        ['reg', cells(hart)],
        ['status', strings('okay')],
        compatible('riscv'),
        ['riscv,isa', strings(ISA)],
        ['riscv,isa-base', strings('rv64i')],
        ['riscv,isa-extensions', strings(...SINGLE_LETTERS, ...EXTENSIONS)],
        ['riscv,cbom-block-size', cells(CACHE_BLOCK_BYTES)],
        ['riscv,cboz-block-size', cells(CACHE_BLOCK_BYTES)],
        ['mmu-type', strings('riscv,sv48')],
      ],
      [
        node('interrupt-controller', [
          ['#interrupt-cells', cells(1)],
          ['interrupt-controller', flag()],
          compatible('riscv,cpu-intc'),
          ['phandle', cells(intcPhandle(hart))],
        ]),
      ],
    );
  const core = (hart: number): FdtNode => node(`core${hart}`, [['cpu', cells(cpuPhandle(hart))]]);
  const all = Array.from({ length: harts }, (_, hart) => hart);
  return node(
    'cpus',
    [
      ['#address-cells', cells(1)],
      ['#size-cells', cells(0)],
      ['timebase-frequency', cells(TIMEBASE_HZ)],
    ],
    [...all.map(cpu), node('cpu-map', [], [node('cluster0', [], all.map(core))])],
  );
}

function syscon(name: 'poweroff' | 'reboot', value: number): FdtNode {
  return node(name, [
    ['value', cells(value)],
    ['offset', cells(0)],
    ['regmap', cells(PHANDLE_TEST)],
    compatible(`syscon-${name}`),
  ]);
}

function soc(harts: number): FdtNode {
  const interrupt = (source: number) =>
    [
      ['interrupts', cells(source)],
      ['interrupt-parent', cells(PHANDLE_PLIC)],
    ] as const;
  const local = (...irqs: readonly number[]): Uint8Array =>
    cells(...eachHart(harts, (hart) => irqs.flatMap((irq) => [intcPhandle(hart), irq])));
  const virtio = (slot: number): FdtNode => {
    const window = virtioWindow(slot);
    return node(`virtio_mmio@${hex(window.base)}`, [
      ...interrupt(Irq.virtio(slot)),
      ['reg', reg(window)],
      compatible('virtio,mmio'),
    ]);
  };
  return node(
    'soc',
    [['#address-cells', cells(2)], ['#size-cells', cells(2)], compatible('simple-bus'), ['ranges', flag()]],
    [
      node(`rtc@${hex(RTC.base)}`, [...interrupt(Irq.rtc), ['reg', reg(RTC)], compatible('google,goldfish-rtc')]),
      node(`serial@${hex(UART.base)}`, [
        ...interrupt(Irq.uart),
        ['reg', reg(UART)],
        ['clock-frequency', cells(UART_CLOCK_HZ)],
        compatible('ns16550a'),
      ]),
      node(`test@${hex(FINISHER.base)}`, [
        ['phandle', cells(PHANDLE_TEST)],
        ['reg', reg(FINISHER)],
        compatible('sifive,test1', 'sifive,test0', 'syscon'),
      ]),
      ...Array.from({ length: VIRTIO_SLOTS }, (_, slot) => virtio(slot)),
      node(`plic@${hex(PLIC.base)}`, [
        ['phandle', cells(PHANDLE_PLIC)],
        ['riscv,ndev', cells(PLIC_SOURCES)],
        ['reg', reg(PLIC)],
        ['interrupts-extended', local(LocalIrq.mei, LocalIrq.sei)],
        ['interrupt-controller', flag()],
        compatible('sifive,plic-1.0.0', 'riscv,plic0'),
        ['#address-cells', cells(0)],
        ['#interrupt-cells', cells(1)],
      ]),
      node(`clint@${hex(CLINT.base)}`, [
        ['interrupts-extended', local(LocalIrq.msi, LocalIrq.mti)],
        ['reg', reg(CLINT)],
        compatible('sifive,clint0', 'riscv,clint0'),
      ]),
    ],
  );
}
