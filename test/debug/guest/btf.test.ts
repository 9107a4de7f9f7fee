/** Places of members from type information made for it: nested structures, bit fields, arrays, names for types. */
import { expect, it } from 'vitest';
import { Btf } from '../../../src/debug/guest/btf.ts';
import { btf, info, type TypeWords } from './kernel-tables.ts';

const [INT, PTR, ARRAY, STRUCT, UNION, TYPEDEF, CONST, VAR] = [1, 2, 3, 4, 5, 8, 10, 14];

const TYPES: readonly TypeWords[] = [
  /* 1 */ ['int', info(INT), 4, 0x20],
  /* 2 */ ['char', info(INT), 1, 8],
  /* 3 */ ['', info(ARRAY), 0, 2, 1, 16],
  /* 4 */ ['list_head', info(STRUCT, 2), 16, 'next', 5, 0, 'prev', 5, 64],
  /* 5 */ ['', info(PTR), 4],
  /* 6 */ ['pid_t', info(TYPEDEF), 7],
  /* 7 */ ['', info(CONST), 1],
  /* 8 */ ['', info(UNION, 2), 8, 'word', 1, 0, '', 9, 0],
  /* 9 */ ['', info(STRUCT, 2, 1), 8, 'low', 1, (3 << 24) | 0, 'high', 1, (5 << 24) | 35],
  /* 10 */ ['variable', info(VAR), 1, 1],
  /* 11 */ [
    'task_struct',
    info(STRUCT, 5),
    64,
    '',
    8,
    64,
    'tasks',
    4,
    128,
    'pid',
    6,
    256,
    'comm',
    3,
    288,
    'mm',
    5,
    448,
  ],
];

it('finds members by name, through unnamed structures and unions', () => {
  const image = new Uint8Array([...new Uint8Array(100), ...btf(TYPES), 1, 2, 3]);
  const types = Btf.inImage(image)!;
  const member = (name: string) => types.member('task_struct', name);
  expect(member('tasks')).toEqual({ offset: 16, bytes: 16 });
  expect(member('pid')).toEqual({ offset: 32, bytes: 4 });
  expect(member('comm')).toEqual({ offset: 36, bytes: 16 });
  expect(member('mm')).toEqual({ offset: 56, bytes: 8 });
  expect(member('word')).toEqual({ offset: 8, bytes: 4 });
  expect(member('high')).toEqual({ offset: 12, bytes: 4 });
  expect(types.member('list_head', 'prev')).toEqual({ offset: 8, bytes: 8 });
  expect(member('gone')).toBeUndefined();
  expect(types.member('gone', 'pid')).toBeUndefined();
});

it('takes only information that adds up and is the kernel’s', () => {
  const sound = btf(TYPES);
  expect(Btf.inImage(new Uint8Array(100))).toBeUndefined();
  expect(Btf.inImage(btf(TYPES.slice(0, 4)))).toBeUndefined();
  for (let length = 0; length < sound.length; length += 7) expect(Btf.inImage(sound.slice(0, length))).toBeUndefined();
  const odd = sound.slice();
  odd[24 + 7] = 25;
  expect(Btf.inImage(odd)).toBeUndefined();
  expect(Btf.inImage(new Uint8Array([...btf(TYPES.slice(0, 4)), ...sound]))?.has('task_struct')).toBe(true);
});
