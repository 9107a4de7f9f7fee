/** One or a few random instructions of straight code, as text, for random-guest.ts. */

import { instructions } from '../../../../src/emu/isa/table.ts';
import type { Random } from '../random.ts';

const POOL = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 't0', 't1', 't2', 's2', 's3', 's4'];
const SHORT = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'];
const FLOATS = ['fa0', 'fa1', 'fa2', 'fs0', 'fs1', 'ft0'];
const MODES = ['rne', 'rne', 'dyn', 'dyn', 'rtz', 'rdn', 'rup', 'rmm'];

const named = (operands: readonly string[]): readonly string[] =>
  instructions.filter(({ asm }) => operands.includes(asm)).map(({ name }) => name);
const registerRows = instructions.filter(
  ({ asm, format, name }) =>
    ['rd, rs1, rs2', 'rd, rs1'].includes(asm) &&
    Object.values(format).every(({ kind }) => kind === 'x') &&
    !name.startsWith('lr'),
);
const [imms, shifts] = [named(['rd, rs1, imm']), named(['rd, rs1, shamt'])];
const floatRows = instructions.filter(({ format }) => Object.values(format).some(({ kind }) => kind === 'f'));
const floatOps = floatRows.filter(({ asm }) => !asm.includes('('));
const loads = ['lb', 'lh', 'lw', 'ld', 'lbu', 'lhu', 'lwu'];
const stores = ['sb', 'sh', 'sw', 'sd'];
const amos = instructions.map(({ name }) => name).filter((name) => name.startsWith('amo'));
const CSRS = ['fcsr', 'fflags', 'frm', 'cycle', 'time', 'instret', 'cycle', 'instret'];
/** Of the handler's services, and one that it does not have. */
const SERVICES = 12;

/** `functions` are labels that may be written to: each begins with two compressed instructions. */
export function randomInsn(random: Random, functions: readonly string[]): string {
  const r = (): string => random.pick(POOL);
  const f = (): string => random.pick(FLOATS);
  const address = (): string => `andi t5, ${r()}, ${random.pick([0x7f8, 0x7f8, 0x7fc, 0x7ff])}\n add t5, t5, gp\n`;
  const away = (): number => random.pick([0, 0, 8, 16, -8, 0x7f0]);
  switch (random.below(24)) {
    case 0:
    case 1:
    case 2:
    case 3: {
      const { name, asm } = random.pick(registerRows);
      return `${name} ${asm.replaceAll(/\w+/g, r)}`;
    }
    case 4:
    case 5:
    case 6:
      return `${random.pick(imms)} ${r()}, ${r()}, ${random.below(4096) - 2048}`;
    case 7:
      return `${random.pick(shifts)} ${r()}, ${r()}, ${random.below(32)}`;
    case 8:
      return compressed(random);
    case 9:
      return random.pick([compressed(random), `lui ${r()}, ${random.below(1 << 19)}`, `auipc ${r()}, 0`]);
    case 10:
    case 11:
      return `${address()}${random.pick(loads)} ${r()}, ${away()}(t5)`;
    case 12:
    case 13:
      return `${address()}${random.pick(stores)} ${r()}, ${away()}(t5)`;
    case 14:
      return `${random.pick(loads)} ${r()}, ${8 * random.below(250)}(gp)`;
    case 15:
      return `${random.pick(stores)} ${r()}, ${8 * random.below(200)}(gp)`;
    case 16:
      return atomic(random);
    case 17:
    case 18:
    case 19:
      return floatOp(random);
    case 20:
      return random.pick([
        `${address()}fld ${f()}, ${away()}(t5)`,
        `${address()}fsd ${f()}, 0(t5)`,
        `flw ${f()}, 64(gp)`,
      ]);
    case 21:
      return csr(random);
    case 22:
      return random.below(3) === 0 ? rare(random, functions) : compressed(random);
    default:
      return `add ${r()}, ${r()}, ${r()}`;
  }
}

function compressed(random: Random): string {
  const s = (): string => random.pick(SHORT);
  return random.pick([
    `c.addi ${s()}, ${1 + random.below(31)}`,
    `c.li ${s()}, ${random.below(32)}`,
    `c.mv ${s()}, ${s()}`,
    `c.add ${s()}, ${s()}`,
    `c.xor ${s()}, ${s()}`,
    `c.subw ${s()}, ${s()}`,
    `c.andi ${s()}, ${random.below(32)}`,
  ]);
}

function atomic(random: Random): string {
  const r = (): string => random.pick(POOL);
  const size = random.pick(['w', 'd']);
  const place = `addi t5, gp, ${8 * random.below(100)}\n `;
  return random.pick([
    `${place}${random.pick(amos)} ${r()}, ${r()}, (t5)`,
    `${place}lr.${size} ${r()}, (t5)\n ${random.pick(['', compressed(random)])}\n sc.${size} ${r()}, ${r()}, (t5)`,
    `${place}sc.${size} ${r()}, ${r()}, (t5)`,
  ]);
}

function floatOp(random: Random): string {
  const { name, asm, format } = random.pick(floatOps);
  const operand = (word: string): string => {
    if (word === 'rm' || word === 'exact') return random.pick(MODES);
    return random.pick(format[word as 'rd']?.kind === 'f' ? FLOATS : POOL);
  };
  return `${name} ${asm.replaceAll(/\w+/g, operand)}`;
}

function csr(random: Random): string {
  const r = (): string => random.pick(POOL);
  return random.pick([
    `csrrs ${r()}, ${random.pick(CSRS)}, zero`,
    `csrrs ${r()}, ${random.pick(CSRS)}, zero`,
    `csrrwi ${r()}, fflags, ${random.below(32)}`,
    `csrrwi ${r()}, frm, ${random.below(5)}`,
    `csrrw ${r()}, fflags, ${r()}`,
  ]);
}

/** What changes more than registers and data. */
function rare(random: Random, functions: readonly string[]): string {
  const r = (): string => random.pick(POOL);
  return random.pick([
    `li a7, ${random.below(SERVICES)}\n ecall`,
    `li a7, ${random.below(SERVICES)}\n ecall`,
    // The first two instructions of a function, as they are, or with another order of the two.
    `la t5, ${random.pick(functions)}\n lw t0, 0(t5)\n sw t0, 0(t5)`,
    `la t5, ${random.pick(functions)}\n lhu t0, 4(t5)\n sh t0, 4(t5)\n fence.i`,
    `la t5, ${random.pick(functions)}\n amoor.w ${r()}, zero, (t5)`,
    `la t5, ${random.pick(functions)}\n ld t0, -8(t5)\n addi t0, t0, 1\n sd t0, -8(t5)`,
    `ld ${r()}, 16(tp)`,
    `sd ${r()}, 24(tp)`,
    `ld ${r()}, 0x110(tp)`,
    'fence.i',
    'sfence.vma zero, zero',
    'wfi',
    'c.ebreak',
    `lw ${r()}, ${random.below(2048)}(${r()})`,
    'sd tp, 0x7fc(gp)',
  ]);
}
