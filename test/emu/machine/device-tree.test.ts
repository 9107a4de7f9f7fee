import { expect, test } from 'vitest';
import { deviceTree, type Tree } from '../../../src/emu/machine/device-tree.ts';
import { cells, cells64, encodeFdt, flag, node, strings } from '../../../src/emu/machine/fdt.ts';
import { cellsOf, readFdt, stringsOf } from './fdt-reader.ts';

const tree = (change: Partial<Tree> = {}): Tree => ({
  memoryBytes: 256 * 1024 * 1024,
  harts: 1,
  bootArgs: 'console=ttyS0',
  rngSeed: Uint8Array.from({ length: 32 }, (_, i) => i),
  initrd: { start: 0x8820_0000, end: 0x8820_1234 },
  reserved: undefined,
  ...change,
});

test('the writer: nodes, values padded to cells, names kept once', () => {
  const blob = encodeFdt(
    node(
      '',
      [['a', strings('xyz', 'é')]],
      [
        node('n@1', [
          ['a', flag()],
          ['b', cells64(2 ** 33 + 5, 7)],
        ]),
      ],
    ),
  );
  const { properties, nodes } = readFdt(blob);
  expect(nodes).toEqual(['', '/n@1']);
  expect(stringsOf(properties.get('/a'))).toEqual(['xyz', 'é']);
  expect([properties.get('/n@1/a'), cellsOf(properties.get('/n@1/b'))]).toEqual([new Uint8Array(0), [2, 5, 0, 7]]);
  expect(new DataView(blob.buffer).getUint32(32)).toBe(4);
  expect(blob.length % 8).toBe(0);
});

test('memory, boot arguments, initrd and seed', () => {
  const { properties } = readFdt(deviceTree(tree()));
  expect(cellsOf(properties.get('/memory@80000000/reg'))).toEqual([0, 0x8000_0000, 0, 0x1000_0000]);
  expect(stringsOf(properties.get('/chosen/bootargs'))).toEqual(['console=ttyS0']);
  expect(cellsOf(properties.get('/chosen/linux,initrd-start'))).toEqual([0, 0x8820_0000]);
  expect(cellsOf(properties.get('/chosen/linux,initrd-end'))).toEqual([0, 0x8820_1234]);
  expect(properties.get('/chosen/rng-seed')).toEqual(tree().rngSeed);
  expect(stringsOf(properties.get('/chosen/stdout-path'))).toEqual(['/soc/serial@10000000']);
});

test('addresses, interrupts and compatible strings are those of the virt board', () => {
  const { properties } = readFdt(deviceTree(tree()));
  const plic = cellsOf(properties.get('/soc/plic@c000000/phandle'));
  const expected: Record<string, [reg: number[], irq: number | undefined, compatible: string[]]> = {
    'rtc@101000': [[0, 0x101000, 0, 0x1000], 11, ['google,goldfish-rtc']],
    'serial@10000000': [[0, 0x10000000, 0, 0x100], 10, ['ns16550a']],
    'test@100000': [[0, 0x100000, 0, 0x1000], undefined, ['sifive,test1', 'sifive,test0', 'syscon']],
    'plic@c000000': [[0, 0xc000000, 0, 0x600000], undefined, ['sifive,plic-1.0.0', 'riscv,plic0']],
    'clint@2000000': [[0, 0x2000000, 0, 0x10000], undefined, ['sifive,clint0', 'riscv,clint0']],
    'virtio_mmio@10001000': [[0, 0x10001000, 0, 0x1000], 1, ['virtio,mmio']],
    'virtio_mmio@10008000': [[0, 0x10008000, 0, 0x1000], 8, ['virtio,mmio']],
  };
  for (const [name, [reg, irq, compatible]] of Object.entries(expected)) {
    expect(cellsOf(properties.get(`/soc/${name}/reg`))).toEqual(reg);
    expect(stringsOf(properties.get(`/soc/${name}/compatible`))).toEqual(compatible);
    expect(cellsOf(properties.get(`/soc/${name}/interrupts`))).toEqual(irq === undefined ? [] : [irq]);
    if (irq !== undefined) expect(cellsOf(properties.get(`/soc/${name}/interrupt-parent`))).toEqual(plic);
  }
  expect(cellsOf(properties.get('/soc/plic@c000000/riscv,ndev'))).toEqual([96]);
  expect(cellsOf(properties.get('/cpus/timebase-frequency'))).toEqual([10_000_000]);
});

test('a hart: ISA, block sizes, and its lines from PLIC and CLINT', () => {
  const { properties } = readFdt(deviceTree(tree({ harts: 2 })));
  const [isa] = stringsOf(properties.get('/cpus/cpu@1/riscv,isa'));
  expect(isa).toBe('rv64imafdc_zicbom_zicboz_zicntr_zicsr_zifencei_zba_zbb_zbs_sstc_svadu');
  const [base, ...more] = [
    ...stringsOf(properties.get('/cpus/cpu@1/riscv,isa-base')),
    ...stringsOf(properties.get('/cpus/cpu@1/riscv,isa-extensions')),
  ];
  expect(base).toBe('rv64i');
  expect(`rv64${more.join('_')}`.replaceAll(/(?<=rv64.*)_(?=[imafdc](_|$))/g, '')).toContain('zicsr');
  expect(cellsOf(properties.get('/cpus/cpu@0/riscv,cboz-block-size'))).toEqual([64]);
  const intc = [0, 1].map((hart) => cellsOf(properties.get(`/cpus/cpu@${hart}/interrupt-controller/phandle`))[0]);
  expect(cellsOf(properties.get('/soc/plic@c000000/interrupts-extended'))).toEqual([
    intc[0],
    11,
    intc[0],
    9,
    intc[1],
    11,
    intc[1],
    9,
  ]);
  expect(cellsOf(properties.get('/soc/clint@2000000/interrupts-extended'))).toEqual([
    intc[0],
    3,
    intc[0],
    7,
    intc[1],
    3,
    intc[1],
    7,
  ]);
});

test('phandles are distinct and every reference meets one', () => {
  const { properties } = readFdt(deviceTree(tree({ harts: 3 })));
  const handles = [...properties].filter(([path]) => path.endsWith('/phandle')).map(([, v]) => cellsOf(v)[0]!);
  expect(new Set(handles).size).toBe(handles.length);
  for (const [path, value] of properties) {
    if (/\/(interrupt-parent|regmap|cpu)$/.test(path)) expect(handles).toContain(cellsOf(value)[0]);
  }
});

test('reserved memory and boot arguments only where there are some', () => {
  const without = readFdt(deviceTree(tree({ bootArgs: '', initrd: undefined })));
  expect(without.nodes.some((path) => path.includes('reserved'))).toBe(false);
  expect(without.properties.has('/chosen/bootargs')).toBe(false);
  const { properties } = readFdt(deviceTree(tree({ reserved: { base: 0x8000_0000, bytes: 0x8_0000 } })));
  expect(cellsOf(properties.get('/reserved-memory/mmode_resv0@80000000/reg'))).toEqual([0, 0x8000_0000, 0, 0x8_0000]);
  expect(properties.get('/reserved-memory/mmode_resv0@80000000/no-map')).toEqual(cells());
});
