/**
 * A Linux guest seen from outside: its tasks, read from guest memory. Where things are comes from the kernel's own
 * image: addresses of its variables from its table of names (kallsyms.ts), places of members from its type information
 * (btf.ts). So it works with an unmodified kernel and no other file, and nothing is guessed; a kernel without these
 * tables cannot be looked into. Linux: include/linux/sched.h.
 */

import { Priv } from '../../emu/cpu/priv/fields.ts';
import type { Board } from '../../emu/machine/board.ts';
import { Btf, type Member } from './btf.ts';
import { readNumber, readVirtual } from './memory.ts';
import type { SymbolTable } from './symbols.ts';

export interface Task {
  /** Address of its task_struct, which names it until it is freed. */
  readonly at: bigint;
  /** Thread and process (thread group) numbers, as the initial namespace counts them. */
  readonly pid: number;
  readonly tgid: number;
  readonly parent: number;
  /** As /proc/PID/comm has it: up to 15 bytes. */
  readonly comm: string;
  readonly kernelThread: boolean;
  /** A letter of ps: R runs or could, S sleeps, D waits without signals, T stopped, I idle, Z has ended. */
  readonly state: string;
  /** Time it has run, nanoseconds, as the scheduler last counted it. */
  readonly ranNs: bigint;
  /** As wait(2) gives it; means something once it has ended. */
  readonly exitCode: number;
}

/** Address spaces of the kernel are the same in all page tables, and hold in M-mode too. */
const THROUGH = { through: 'satp' } as const;
const PF_KTHREAD = 0x0020_0000n;
/** include/linux/sched.h, TASK_*, EXIT_*. */
const State = { interruptible: 1n, uninterruptible: 2n, stopped: 4n, traced: 8n, noLoad: 0x400n } as const;
const EXITED = 0x30n;
const TASKS_MAX = 100_000;

const MEMBERS = [
  'tasks',
  'pid',
  'tgid',
  'real_parent',
  'comm',
  'flags',
  '__state',
  'exit_state',
  'exit_code',
  'signal',
  'thread_node',
] as const;
type Layout = { readonly [name in (typeof MEMBERS)[number]]: Member };

export class LinuxView {
  readonly #initTask: bigint;
  readonly #forks: bigint | undefined;
  readonly #threads: bigint | undefined;
  readonly #task: Layout;
  readonly #ranAt: number;
  readonly #threadHead: number;

  private constructor(symbols: SymbolTable, btf: Btf, initTask: bigint, task: Layout) {
    this.#initTask = initTask;
    this.#task = task;
    this.#forks = symbols.find('total_forks')?.address;
    this.#threads = symbols.find('nr_threads')?.address;
    const entity = btf.member('task_struct', 'se')?.offset ?? 0;
    this.#ranAt = entity + (btf.member('sched_entity', 'sum_exec_runtime')?.offset ?? 0);
    this.#threadHead = btf.member('signal_struct', 'thread_head')?.offset ?? 0;
  }

  /** Undefined for a kernel that does not say enough of itself. `symbols`: those of `kernel` among them. */
  static of(kernel: Uint8Array, symbols: SymbolTable): LinuxView | undefined {
    const initTask = symbols.find('init_task')?.address;
    const btf = initTask === undefined ? undefined : Btf.inImage(kernel);
    if (initTask === undefined || btf === undefined) return undefined;
    const members = MEMBERS.map((name) => [name, btf.member('task_struct', name)] as const);
    if (members.some(([, member]) => member === undefined)) return undefined;
    return new LinuxView(symbols, btf, initTask, Object.fromEntries(members) as Layout);
  }

  /** Processes, and with `threads` each thread of theirs, in the kernel's order; none before its page tables are on. */
  tasks(board: Board, threads = false): readonly Task[] {
    const leaders = this.#list(board, this.#initTask + BigInt(this.#task.tasks.offset), this.#task.tasks.offset);
    const all = threads ? leaders.flatMap((at) => this.#threadsOf(board, at)) : leaders;
    return all.flatMap((at) => this.task(board, at) ?? []);
  }

  /** The task that runs; undefined where the registers do not say, as in the firmware. */
  current(board: Board): Task | undefined {
    const [hart] = board.harts;
    const priv = hart!.get('priv');
    if (priv === Priv.M) return undefined;
    // In the kernel tp is the task and sscratch 0; in between, and in user code, sscratch is the task.
    const scratch = hart!.get('sscratch');
    return this.task(board, scratch === 0n ? hart!.x(4) : scratch);
  }

  /** Tasks made since the boot, those that are gone included, and tasks there are; where the kernel says so. */
  counts(board: Board): { readonly forks: bigint | undefined; readonly threads: bigint | undefined } {
    const read = (at: bigint | undefined, width: 4 | 8): bigint | undefined =>
      at === undefined ? undefined : readNumber(board, at, width, THROUGH);
    return { forks: read(this.#forks, 8), threads: read(this.#threads, 4) };
  }

  /** Structures on a list, whose head lies at `head`; each is linked at `offset` in it. */
  #list(board: Board, head: bigint, offset: number): bigint[] {
    const found: bigint[] = [];
    let link = readNumber(board, head, 8, THROUGH);
    while (link !== undefined && link !== 0n && link !== head && found.length < TASKS_MAX) {
      found.push(link - BigInt(offset));
      link = readNumber(board, link, 8, THROUGH);
    }
    return found;
  }

  #threadsOf(board: Board, leader: bigint): bigint[] {
    const signal = this.#number(board, leader, this.#task.signal);
    if (signal === undefined || signal === 0n) return [leader];
    const threads = this.#list(board, signal + BigInt(this.#threadHead), this.#task.thread_node.offset);
    return threads.length === 0 ? [leader] : threads;
  }

  /** The task whose task_struct is at `at`; undefined where nothing is mapped. */
  task(board: Board, at: bigint): Task | undefined {
    const members = this.#task;
    const number = (member: Member): bigint => this.#number(board, at, member) ?? 0n;
    const comm = readVirtual(board, at + BigInt(members.comm.offset), members.comm.bytes, THROUGH);
    if (comm.length < members.comm.bytes) return undefined;
    const parent = this.#number(board, number(members.real_parent), members.tgid);
    const end = comm.indexOf(0);
    return {
      at,
      pid: Number(number(members.pid)),
      tgid: Number(number(members.tgid)),
      parent: Number(parent ?? 0n),
      comm: new TextDecoder('latin1').decode(end < 0 ? comm : comm.subarray(0, end)),
      kernelThread: (number(members.flags) & PF_KTHREAD) !== 0n,
      state: stateLetter(number(members.__state), number(members.exit_state)),
      ranNs: readNumber(board, at + BigInt(this.#ranAt), 8, THROUGH) ?? 0n,
      exitCode: Number(number(members.exit_code)),
    };
  }

  #number(board: Board, at: bigint, { offset, bytes }: Member): bigint | undefined {
    return readNumber(board, at + BigInt(offset), bytes === 4 ? 4 : 8, THROUGH);
  }
}

function stateLetter(state: bigint, exit: bigint): string {
  if ((exit & EXITED) !== 0n) return 'Z';
  if ((state & (State.stopped | State.traced)) !== 0n) return 'T';
  if ((state & State.uninterruptible) !== 0n) return (state & State.noLoad) !== 0n ? 'I' : 'D';
  return (state & State.interruptible) !== 0n ? 'S' : 'R';
}
