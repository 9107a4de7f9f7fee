/**
 * One recording that a client looks at: what runs and what stands, and the numbers under which the client knows values,
 * frames and code.
 *
 * Invariant: numbers of frames and values hold until the guest goes on. While it runs only what needs no guest is
 * answered; setting breakpoints makes it stop and go on again unseen.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { UserError } from '../../lib/errors.ts';
import { CodeSources } from './code-source.ts';
import type { Debugger, DebuggerPorts, RunAction, Shown, StopNote } from './debugger.ts';
import type { MachineView } from './machine-view.ts';

export interface FrameAt {
  readonly thread: number;
  readonly frame: number;
}

/** What a launch gives. */
export interface Opened {
  readonly debugger: Debugger;
  readonly view: MachineView;
  /** Told to the user when it begins. */
  readonly notices: readonly string[];
  close(): Promise<void>;
}

export type SendEvent = (event: string, body?: object) => void;
type List = () => Promise<readonly Shown[]>;

export class Session {
  readonly debugger: Debugger;
  readonly view: MachineView;
  readonly code: CodeSources;
  readonly #opened: Opened;
  readonly #send: SendEvent;
  #running: RunAction | 'console' | undefined;
  /** Told instead of the client when the guest stands. */
  #whenStopped: ((note: StopNote) => void) | undefined;
  #begun = false;
  #last: StopNote = { reason: 'entry', thread: 1 };
  #frames: FrameAt[] = [];
  #lists: List[] = [];
  /** What was listed under each number, for requests by name. */
  readonly #listed = new Map<number, readonly Shown[]>();

  constructor(opened: Opened, send: SendEvent) {
    this.#opened = opened;
    this.#send = send;
    this.debugger = opened.debugger;
    this.view = opened.view;
    this.code = new CodeSources(opened.view);
  }

  get threads(): number {
    return this.view.target.harts;
  }
  get running(): boolean {
    return this.#running !== undefined;
  }
  /** Why it stands. */
  get last(): StopNote {
    return this.#last;
  }

  /** UserError while the guest runs. */
  standing(): void {
    if (this.running) throw new UserError('running', 'the guest is running', 'pause it first');
  }

  async run(action: RunAction): Promise<void> {
    this.standing();
    this.#forget();
    this.#running = action;
    try {
      await this.debugger.run(action);
    } catch (error) {
      this.#running = undefined;
      throw error;
    }
  }

  /** Does what needs the guest to stand; one that is continued stops for it unseen. */
  async unseen<T>(work: () => Promise<T>): Promise<T> {
    const action = this.#running;
    if (action === undefined) return await work();
    const note = await new Promise<StopNote>((resolve) => {
      this.#whenStopped = resolve;
      this.debugger.interrupt();
    });
    let result: T;
    try {
      result = await work();
    } catch (error) {
      this.#tell(note);
      throw error;
    }
    // What stopped by itself meanwhile is told; steps are not taken up again.
    if (note.reason !== 'pause' || note.text !== undefined || action === 'console' || action.kind !== 'continue') {
      this.#tell(note);
    } else {
      await this.run(action);
    }
    return result;
  }

  /** The client has set what it wants: it is told where the guest stands. UserError the second time. */
  begin(): void {
    if (this.#begun) throw new UserError('bad-order', 'configurationDone comes once', '');
    this.#begun = true;
    this.stopped(this.#last);
  }

  /** The guest stands: told by the debugger. */
  stopped(note: StopNote): void {
    this.#running = undefined;
    this.#forget();
    const whenStopped = this.#whenStopped;
    this.#whenStopped = undefined;
    if (whenStopped === undefined) this.#tell(note);
    else whenStopped(note);
  }

  /** The guest runs by the client's own command. */
  continued(): void {
    this.#running = 'console';
    this.#forget();
    this.#send('continued', { threadId: 1, allThreadsContinued: true });
  }

  frameNumber(at: FrameAt): number {
    return this.#frames.push(at);
  }
  /** Undefined for no frame at all. UserError for one that is not there any more. */
  frame(number: number | undefined): FrameAt | undefined {
    if (number === undefined) return undefined;
    const found = this.#frames[number - 1];
    if (found === undefined) throw new UserError('no-frame', `there is no frame ${number} any more`, '');
    return found;
  }

  /** 0 when there is nothing in it. */
  listNumber(list: List | undefined): number {
    return list === undefined ? 0 : this.#lists.push(list);
  }
  async list(number: number): Promise<readonly Shown[]> {
    const list = this.#lists[number - 1];
    if (list === undefined) throw new UserError('no-values', `there are no values ${number} any more`, '');
    const listed = this.#listed.get(number) ?? (await list());
    this.#listed.set(number, listed);
    return listed;
  }

  async close(): Promise<void> {
    this.#whenStopped = undefined;
    await this.#opened.close();
  }

  #forget(): void {
    this.#frames = [];
    this.#lists = [];
    this.#listed.clear();
  }

  #tell(note: StopNote): void {
    const { reason, thread, text, breakpoints } = note;
    this.#last = note;
    if (text !== undefined && reason !== 'exception') {
      this.#send('output', { category: 'console', output: `${text}\n` });
    }
    const body: DebugProtocol.StoppedEvent['body'] = {
      reason,
      threadId: thread,
      allThreadsStopped: true,
      ...(text === undefined ? {} : { description: text, text }),
      ...(breakpoints === undefined ? {} : { hitBreakpointIds: [...breakpoints] }),
    };
    this.#send('stopped', body);
  }
}

/** The debugger's side of a session that is made after it. `showsProgress`: the client does. */
export function latePorts(
  session: () => Session | undefined,
  send: SendEvent,
  { end, showsProgress }: { end(): void; readonly showsProgress: boolean },
): DebuggerPorts {
  const print = (output: string): void => send('output', { category: 'console', output });
  return {
    stopped: (note) => session()?.stopped(note),
    continued: () => session()?.continued(),
    print,
    progress: (event, body) => {
      if (showsProgress) send(event, body);
    },
    gone: (reason) => {
      print(`lockstep: ${reason}\n`);
      end();
    },
  };
}
