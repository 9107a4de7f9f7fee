/**
 * The Debug Adapter Protocol without its wire: requests in, answers and events out, for one client and one recording.
 * Requests are answered one after the other, in their order; `pause`, `disconnect` and `terminate` at once.
 *
 *     initialize ──> launch | attach ──> `initialized` ──> breakpoints ──> configurationDone ──> `stopped` …
 *
 * Invariant: every request gets one answer; an event that a request brings about comes after its answer.
 */

import { UserError } from '../../lib/errors.ts';
import { DivergenceError } from '../../session/divergence.ts';
import { CAPABILITIES } from './capabilities.ts';
import type { DebuggerPorts } from './debugger.ts';
import { Fields } from './fields.ts';
import type { Handler } from './handler.ts';
import { type LaunchWords, launchWords } from './launch-words.ts';
import { MiError } from './mi/session.ts';
import { breakpointRequests } from './requests/breakpoints.ts';
import { codeRequests } from './requests/code.ts';
import { lookRequests } from './requests/look.ts';
import { runRequests } from './requests/run.ts';
import { latePorts, type Opened, Session } from './session.ts';

export interface Request {
  readonly seq: number;
  readonly command: string;
  readonly arguments?: unknown;
}
export type Answer =
  | { readonly success: true; readonly body?: object }
  | { readonly success: false; readonly message: string };

export interface AdapterPorts {
  answer(request: Request, answer: Answer): void;
  event(event: string, body?: object): void;
  /** Opens a recording and its debugger. Rejects with UserError or MiError; `stop` gives it up. */
  open(words: LaunchWords, ports: DebuggerPorts, stop: AbortSignal): Promise<Opened>;
  /** A defect of ours, which the client is told of shortly. */
  defect(error: unknown): void;
  /** The client has taken its leave, or there is nothing more to look at. */
  left(): void;
}

const AT_ONCE: ReadonlySet<string> = new Set(['pause', 'disconnect', 'terminate']);
/** Events that tell of what a request has brought about. */
const AFTER_ANSWER: ReadonlySet<string> = new Set(['stopped', 'continued', 'initialized', 'terminated']);
const HANDLERS: Readonly<Record<string, Handler>> = {
  ...runRequests,
  ...breakpointRequests,
  ...lookRequests,
  ...codeRequests,
};

export class Adapter {
  readonly #ports: AdapterPorts;
  readonly #stop = new AbortController();
  #session: Session | undefined;
  #opening: Promise<void> | undefined;
  #initialized = false;
  #showsProgress = false;
  #waiting: Promise<void> = Promise.resolve();
  #busy = 0;
  /** Events that wait for an answer to be given. */
  #held: (readonly [string, object | undefined])[] = [];

  constructor(ports: AdapterPorts) {
    this.#ports = ports;
  }

  /** Resolves when it is answered. */
  handle(request: Request): Promise<void> {
    if (AT_ONCE.has(request.command)) return this.#answer(request);
    this.#waiting = this.#waiting.then(() => this.#inTurn(request));
    return this.#waiting;
  }

  /** Lets go of everything, whatever is under way. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#opening?.catch(() => {});
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  async #inTurn(request: Request): Promise<void> {
    this.#busy += 1;
    try {
      await this.#answer(request);
    } finally {
      this.#busy -= 1;
      const held = this.#held;
      this.#held = [];
      for (const [event, body] of held) this.#ports.event(event, body);
    }
  }

  async #answer(request: Request): Promise<void> {
    let answer: Answer;
    try {
      const body = await this.#dispatch(request.command, new Fields(request.arguments));
      answer = body === undefined ? { success: true } : { success: true, body };
    } catch (error) {
      answer = { success: false, message: this.#messageOf(error) };
    }
    this.#ports.answer(request, answer);
  }

  #messageOf(error: unknown): string {
    if (error instanceof UserError) return error.remedy === '' ? error.what : `${error.what}; ${error.remedy}`;
    if (error instanceof MiError || error instanceof DivergenceError) return error.message;
    this.#ports.defect(error);
    return `this is a defect of lockstep, please report it: ${error instanceof Error ? error.message : error}`;
  }

  async #dispatch(command: string, args: Fields): Promise<object | undefined> {
    switch (command) {
      case 'initialize':
        if (this.#initialized) throw new UserError('bad-order', 'initialize comes once', '');
        this.#initialized = true;
        this.#showsProgress = args.optionalFlag('supportsProgressReporting') === true;
        return CAPABILITIES;
      case 'launch':
      case 'attach':
        return await this.#open(launchWords(args, command === 'attach'));
      case 'disconnect':
      case 'terminate':
        await this.close();
        this.#send('terminated');
        this.#ports.left();
        return undefined;
    }
    const handler = Object.hasOwn(HANDLERS, command) ? HANDLERS[command] : undefined;
    if (handler === undefined) throw new UserError('unknown-request', `there is no request ${command} here`, '');
    if (this.#session === undefined) throw new UserError('bad-order', 'no recording is open', 'launch comes first');
    return await handler(this.#session, args);
  }

  async #open(words: LaunchWords): Promise<undefined> {
    if (!this.#initialized) throw new UserError('bad-order', 'initialize comes before launch', '');
    if (this.#opening !== undefined) throw new UserError('bad-order', 'a recording is open already', '');
    const opening = this.#opened(words);
    this.#opening = opening;
    try {
      await opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
    this.#send('initialized');
  }

  async #opened(words: LaunchWords): Promise<void> {
    const send = (event: string, body?: object): void => this.#send(event, body);
    const end = (): void => {
      this.#send('terminated');
      this.#ports.left();
    };
    const ports = latePorts(() => this.#session, send, { end, showsProgress: this.#showsProgress });
    const opened = await this.#ports.open(words, ports, this.#stop.signal);
    for (const notice of opened.notices) ports.print(`lockstep: ${notice}\n`);
    this.#session = new Session(opened, send);
  }

  #send(event: string, body?: object): void {
    if (this.#busy > 0 && AFTER_ANSWER.has(event)) this.#held.push([event, body]);
    else this.#ports.event(event, body);
  }
}
