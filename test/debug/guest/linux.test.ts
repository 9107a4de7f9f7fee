/** Tasks read from guest memory laid out as a kernel's, and followed over time. */
import { beforeEach, expect, it } from 'vitest';
import { LinuxView } from '../../../src/debug/guest/linux.ts';
import { SymbolTable } from '../../../src/debug/guest/symbols.ts';
import { taskHistories } from '../../../src/debug/inspect/processes.ts';
import type { Board } from '../../../src/emu/machine/board.ts';
import { type Tick, tick } from '../../../src/lib/brands.ts';
import { flat, Guest } from '../../emu/machine/guest.ts';
import { btf, info } from './kernel-tables.ts';

const [INT, PTR, ARRAY, STRUCT] = [1, 2, 3, 4];
const [INIT, FORKS, THREADS, HEAP] = [0x8010_0000n, 0x8010_8000n, 0x8010_8008n, 0x8011_0000n];
/** Bytes from the start of a task_struct, and of its signal_struct, which is put right behind it. */
const at = { tasks: 16, pid: 32, tgid: 36, real_parent: 40, comm: 48, flags: 64, state: 68, exit: 72, code: 76 };
const [SIGNAL, NODE, RAN, TASK_BYTES] = [80, 88, 104, 256];
const bits = (bytes: number): number => 8 * bytes;

const KERNEL = btf([
  /* 1 */ ['int', info(INT), 4, 0x20],
  /* 2 */ ['long', info(INT), 8, 0x40],
  /* 3 */ ['list_head', info(STRUCT, 2), 16, 'next', 4, 0, 'prev', 4, 64],
  /* 4 */ ['', info(PTR), 3],
  /* 5 */ ['char', info(INT), 1, 8],
  /* 6 */ ['', info(ARRAY), 0, 5, 1, 16],
  /* 7 */ ['sched_entity', info(STRUCT, 1), 8, 'sum_exec_runtime', 2, 0],
  /* 8 */ ['signal_struct', info(STRUCT, 1), 16, 'thread_head', 3, 0],
  // biome-ignore format: a member a line
  /* 9 */ [
    'task_struct', info(STRUCT, 12), TASK_BYTES,
    'tasks', 3, bits(at.tasks),
    'pid', 1, bits(at.pid),
    'tgid', 1, bits(at.tgid),
    'real_parent', 4, bits(at.real_parent),
    'comm', 6, bits(at.comm),
    'flags', 1, bits(at.flags),
    '__state', 1, bits(at.state),
    'exit_state', 1, bits(at.exit),
    'exit_code', 1, bits(at.code),
    'signal', 4, bits(SIGNAL),
    'thread_node', 3, bits(NODE),
    'se', 7, bits(RAN),
  ],
]);
const object = (name: string, address: bigint) => ({ name, address, size: 0n, kind: 'object' as const });
const symbols = SymbolTable.of([
  object('init_task', INIT),
  object('total_forks', FORKS),
  object('nr_threads', THREADS),
]);
const linux = LinuxView.of(KERNEL, symbols)!;

interface Made {
  readonly pid: number;
  readonly comm: string;
  readonly tgid?: number;
  readonly state?: number;
  readonly exit?: number;
  readonly code?: number;
  readonly kernel?: boolean;
  readonly ran?: bigint;
}

let board: Board;
let forks = 0;
beforeEach(() => {
  ({ board } = new Guest({ images: { kernel: flat([0x6f]) } }));
  board.harts[0]!.set('priv', 1n);
  forks = 0;
});

function put(address: bigint, width: 4 | 8, value: bigint | number): void {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value), true);
  board.ram.write(address, new Uint8Array(view.buffer, 0, width));
}

const placeOf = (pid: number): bigint => (pid === 0 ? INIT : HEAP + BigInt(pid * 512));

/** Memory in which these are all the tasks there are, each a child of the initial one. */
function layOut(tasks: readonly Made[]): void {
  const leaders = tasks.filter(({ pid, tgid = pid }) => pid === tgid);
  const ring = [0, ...leaders.map(({ pid }) => pid)];
  for (const [i, pid] of ring.entries()) {
    put(placeOf(pid) + BigInt(at.tasks), 8, placeOf(ring[(i + 1) % ring.length]!) + BigInt(at.tasks));
  }
  for (const { pid, comm, tgid = pid, state = 1, exit = 0, code = 0, kernel = false, ran = 0n } of tasks) {
    const task = placeOf(pid);
    const signal = placeOf(tgid) + BigInt(TASK_BYTES);
    const group = tasks.filter((one) => (one.tgid ?? one.pid) === tgid).map((one) => placeOf(one.pid) + BigInt(NODE));
    const chain = [signal, ...group];
    for (const [i, link] of chain.entries()) put(link, 8, chain[(i + 1) % chain.length]!);
    put(task + BigInt(at.pid), 4, pid);
    put(task + BigInt(at.tgid), 4, tgid);
    put(task + BigInt(at.real_parent), 8, INIT);
    board.ram.write(task + BigInt(at.comm), new TextEncoder().encode(comm.padEnd(16, '\0')));
    put(task + BigInt(at.flags), 4, kernel ? 0x20_0000 : 0);
    put(task + BigInt(at.state), 4, state);
    put(task + BigInt(at.exit), 4, exit);
    put(task + BigInt(at.code), 4, code);
    put(task + BigInt(SIGNAL), 8, signal);
    put(task + BigInt(RAN), 8, ran);
  }
  put(THREADS, 4, tasks.length);
  put(FORKS, 8, forks);
}

it('reads processes and threads, their states, times and names', () => {
  layOut([
    { pid: 1, comm: 'init', state: 1, ran: 5_000n },
    { pid: 2, comm: 'kthreadd', state: 0x402, kernel: true },
    { pid: 7, comm: 'server', state: 0 },
    { pid: 8, tgid: 7, comm: 'server/io', state: 2 },
    { pid: 9, comm: 'gone', exit: 0x20, code: 0x300 },
  ]);
  const processes = linux.tasks(board);
  expect(processes.map(({ pid, comm, state, kernelThread }) => `${pid} ${comm} ${state} ${kernelThread}`)).toEqual([
    '1 init S false',
    '2 kthreadd I true',
    '7 server R false',
    '9 gone Z false',
  ]);
  expect(processes[0]).toMatchObject({ ranNs: 5_000n, parent: 0, at: placeOf(1) });
  expect(linux.tasks(board, true).map(({ pid, tgid }) => [pid, tgid])).toContainEqual([8, 7]);
});

it('knows the task that runs, in the kernel and in user code, but not in the firmware', () => {
  layOut([{ pid: 1, comm: 'init' }]);
  const [hart] = board.harts;
  hart!.setX(4, placeOf(1));
  expect(linux.current(board)?.comm).toBe('init');
  hart!.setX(4, 0x1234n);
  hart!.set('sscratch', placeOf(1));
  hart!.set('priv', 0n);
  expect(linux.current(board)?.pid).toBe(1);
  hart!.set('priv', 3n);
  expect(linux.current(board)).toBeUndefined();
});

it('follows tasks: when they come and go, what they become, how they end, and how many no look met', async () => {
  const init = { pid: 1, comm: 'init' };
  const moments: readonly (readonly Made[])[] = [
    [],
    [init],
    [init, { pid: 2, comm: 'init' }],
    [init, { pid: 2, comm: 'ls', ran: 70n }],
    [init, { pid: 2, comm: 'ls', ran: 90n, exit: 0x20, code: 0x100 }, { pid: 5, comm: 'late' }],
    [init, { pid: 5, comm: 'late' }],
  ];
  const made = [0, 1, 2, 2, 5, 5];
  const timeline = {
    board,
    now: tick(0),
    async seek(to: Tick): Promise<void> {
      timeline.now = to;
      forks = made[Number(to) / 100]!;
      layOut(moments[Number(to) / 100]!);
    },
  };
  await timeline.seek(tick(0));
  const { tasks, unseen } = await taskHistories(timeline, linux, 100n, tick(500));
  expect(unseen).toBe(2n);
  expect(tasks).toMatchObject([
    { pid: 1, first: 100n, last: 500n, alive: true, exitCode: undefined },
    { pid: 2, first: 200n, last: 400n, alive: false, exitCode: 0x100, ranNs: 90n },
    { pid: 5, first: 400n, last: 500n, alive: true },
  ]);
  expect(tasks[1]!.names).toEqual([
    { comm: 'init', tick: 200n },
    { comm: 'ls', tick: 300n },
  ]);
});

it('says of a kernel that tells too little that it cannot be looked into', () => {
  expect(LinuxView.of(KERNEL, SymbolTable.of([]))).toBeUndefined();
  expect(LinuxView.of(new Uint8Array(64), symbols)).toBeUndefined();
  const few = btf([['task_struct', info(STRUCT, 0), 8]]);
  expect(LinuxView.of(few, symbols)).toBeUndefined();
});
