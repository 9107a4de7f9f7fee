/**
 * What the adapter asks of whoever owns where the program stands: gdb, which knows sources (gdb-debugger.ts), or, where
 * there is none, instructions alone (plain/plain-debugger.ts). Addresses are virtual, threads count from 1, one a hart.
 *
 * Operations reject with UserError or MiError for what cannot be done; the message is for the user.
 */

export interface RunAction {
  readonly kind: 'continue' | 'over' | 'into' | 'out';
  readonly reverse: boolean;
  /** Instructions in place of lines. */
  readonly byInstruction: boolean;
  readonly thread: number;
}

/** Why the guest stands again, in the protocol's words. */
export interface StopNote {
  readonly reason: 'entry' | 'step' | 'breakpoint' | 'data breakpoint' | 'exception' | 'pause' | 'goto';
  readonly thread: number;
  /** One line for the user, where there is more to say. */
  readonly text?: string;
  readonly breakpoints?: readonly number[];
}

export interface Frame {
  /** Function, or `0x…` where none is known. */
  readonly name: string;
  readonly address: bigint;
  /** A file that is there. */
  readonly path?: string;
  readonly line?: number;
}

/** A named value, and what it is made of. */
export interface Shown {
  readonly name: string;
  readonly value: string;
  readonly type?: string;
  /** Where it points to, or lies. */
  readonly memory?: bigint;
  readonly children?: () => Promise<readonly Shown[]>;
  /** What to evaluate for it again. */
  readonly expression?: () => Promise<string>;
}

/** A place to stop at, as asked for. */
export interface Wanted {
  readonly condition?: string;
  /** Times that it is met before it stops; 1: at the first. */
  readonly hits?: number;
}
export interface Placed {
  /** Undefined when it could not be set. */
  readonly id?: number;
  readonly address?: bigint;
  readonly path?: string;
  readonly line?: number;
  /** Why it was not set. */
  readonly message?: string;
}

/** Bytes to watch. */
export interface Watched {
  readonly address: bigint;
  readonly length: number;
  /** What the user calls them. */
  readonly label?: string;
}
export type Access = 'write' | 'read' | 'access';

export interface Debugger {
  /** Whether it knows lines and variables. */
  readonly knowsSource: boolean;
  /** Resolves when it has begun; the stop is told later, through `DebuggerPorts.stopped`. */
  run(action: RunAction): Promise<void>;
  /** What runs is given up; the stop is told. */
  interrupt(): void;
  frames(thread: number, from: number, count: number): Promise<readonly Frame[]>;
  /** Arguments and locals of a frame. */
  locals(thread: number, frame: number): Promise<readonly Shown[]>;
  /** An expression, in a frame where one is given. */
  evaluate(expression: string, at: { readonly thread: number; readonly frame: number } | undefined): Promise<Shown>;
  /** A line of the console: a command; what it prints. */
  command(line: string): Promise<string>;
  /** Where what an expression names lies. */
  locate(expression: string, at: { readonly thread: number; readonly frame: number } | undefined): Promise<Watched>;
  /** Each replaces those of its kind (and file). */
  breakInFile(path: string, wanted: readonly (Wanted & { readonly line: number })[]): Promise<readonly Placed[]>;
  breakAtFunctions(wanted: readonly (Wanted & { readonly name: string })[]): Promise<readonly Placed[]>;
  /** `kind` tells sets apart that are replaced each on its own. */
  breakAtAddresses(
    kind: string,
    wanted: readonly (Wanted & { readonly address: bigint })[],
  ): Promise<readonly Placed[]>;
  watch(wanted: readonly (Wanted & Watched & { readonly access: Access })[]): Promise<readonly Placed[]>;
  /** Lets go of everything; nothing runs any more when it resolves. */
  close(): Promise<void>;
}

export interface DebuggerPorts {
  stopped(note: StopNote): void;
  /** It runs by a command of the console. */
  continued(): void;
  /** Text for the user, whole lines. */
  print(text: string): void;
  /** How far a long operation is: `progressStart`, `progressUpdate`, `progressEnd` with the protocol's body. */
  progress(event: string, body: object): void;
  /** It has gone by itself. */
  gone(reason: string): void;
}
