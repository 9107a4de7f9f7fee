/**
 * What each packet means: a packet's body in, the answer's body out. One object for each debugger; it keeps what the
 * debugger has set. gdb manual, "Packets". No answer changes the guest, but for the moment in time that is looked at.
 */

import type { Tick } from '../../lib/brands.ts';
import { UserError } from '../../lib/errors.ts';
import { DivergenceError } from '../../session/divergence.ts';
import { answerGuestPacket, REFUSAL } from './guest-packets.ts';
import { parsePair } from './hex.ts';
import { type DeskPorts, MonitorDesk } from './monitor-desk.ts';
import { answerQuery } from './queries.ts';
import { RegisterFile } from './register-file.ts';
import { type Action, actionOf, hartOf, isReverse, resume } from './resume.ts';
import { StopPoints } from './stop-points.ts';
import { type StopReason, stopReply, threadOf } from './stop-reply.ts';
import type { DebugTarget } from './target.ts';

/** Undefined: nothing is to be sent. Empty: the packet is not supported. */
export type Answer = string | Uint8Array | undefined;

export interface ProtocolPorts extends DeskPorts {
  /** The guest is about to run. True: gdb has interrupted the run before, too late for that one. */
  running(): boolean;
  rested(): void;
  notice(text: string): void;
  readonly execFile?: string;
}

const MALFORMED = 'E.malformed packet';

export class Protocol {
  readonly #target: DebugTarget;
  readonly #ports: ProtocolPorts;
  readonly #registers: RegisterFile;
  readonly #points: StopPoints;
  readonly #desk: MonitorDesk;
  #hart = 0;
  #reason: StopReason = { kind: 'step' };
  /** Where gdb was told last of an access that is still to be made. */
  #accessTold: { readonly at: Tick; readonly reverse: boolean } | undefined;
  #acks = true;
  #left: 'detached' | 'killed' | undefined;

  constructor(target: DebugTarget, ports: ProtocolPorts) {
    this.#target = target;
    this.#ports = ports;
    this.#registers = new RegisterFile(target);
    this.#points = new StopPoints(target);
    const moved = (): void => {
      this.#reason = { kind: 'step' };
    };
    this.#desk = new MonitorDesk(target, ports, () => this.#hart, moved);
  }

  /** Whether packets are acknowledged, as they are until gdb says otherwise. */
  get acks(): boolean {
    return this.#acks;
  }
  /** How gdb has taken its leave. */
  get left(): 'detached' | 'killed' | undefined {
    return this.#left;
  }

  /** Rejects on a defect of ours alone. */
  async answer(text: string): Promise<Answer> {
    try {
      return await this.#dispatch(text);
    } catch (error) {
      if (error instanceof UserError) return `E.${error.what}; ${error.remedy}`;
      throw error;
    }
  }

  async #dispatch(text: string): Promise<Answer> {
    const looked = { view: this.#target, registers: this.#registers, hart: this.#hart };
    const guest = answerGuestPacket(text, looked);
    if (guest !== undefined) return guest === 'refused' ? this.#refuse() : guest;
    const action = actionOf(text, this.#hart, this.#target.harts);
    if (action !== undefined) return action === 'malformed' ? MALFORMED : await this.#run(action);
    switch (text[0]) {
      case '?':
        return this.#stopReply();
      case 'Z':
      case 'z':
        return this.#point(text);
      case 'H':
      case 'T':
        return this.#thread(text);
      case 'D':
        this.#left = 'detached';
        return 'OK';
      case 'k':
        this.#left = 'killed';
        return undefined;
      case 'v':
        return this.#verb(text);
      case 'q':
      case 'Q':
        return await this.#query(text);
      default:
        return '';
    }
  }

  async #run(action: Action): Promise<string> {
    const { intoTraps } = this.#desk;
    const told = this.#accessTold;
    const pastAccess = told !== undefined && told.at === this.#target.now && told.reverse === isReverse(action);
    const run = { target: this.#target, points: this.#points, hart: this.#hart, intoTraps, pastAccess };
    this.#desk.tellNow();
    const interrupted = this.#ports.running();
    try {
      this.#reason = interrupted ? { kind: 'interrupted' } : await resume(action, run, this.#ports);
    } catch (error) {
      if (!(error instanceof DivergenceError)) throw error;
      this.#desk.print(`lockstep: ${error.message}\n`);
      this.#reason = { kind: 'no-history', at: 'end' };
    } finally {
      this.#ports.rested();
    }
    const isAccess = this.#reason.kind === 'watch';
    this.#accessTold = isAccess ? { at: this.#target.now, reverse: isReverse(action) } : undefined;
    if ('hart' in action) this.#hart = action.hart;
    return this.#stopReply();
  }

  async #monitor(text: string): Promise<string> {
    try {
      return await this.#desk.run(text.slice('qRcmd,'.length));
    } finally {
      this.#ports.rested();
    }
  }

  #stopReply(): string {
    return stopReply(this.#reason, this.#hart, this.#registers.expedited(this.#hart));
  }

  /** gdb says of a write to memory that failed only that it did. */
  #refuse(): string {
    this.#ports.notice(REFUSAL);
    this.#desk.tellLater(REFUSAL);
    return `E.${REFUSAL}`;
  }

  /** `Z0,address,kind`; gdb sees to conditions and commands itself, as none are offered. */
  #point(text: string): string {
    const [where = ''] = text.slice(3).split(';');
    const pair = text[2] === ',' ? parsePair(where) : undefined;
    if (pair === undefined) return MALFORMED;
    const [va, length] = pair;
    const type = text[1]!;
    if (text[0] === 'z') return this.#points.clear(type, va, length) ?? '';
    return this.#points.set(type, va, length, this.#hart) ?? '';
  }

  /** `Hg1`, `Hc-1`, `T1`. */
  #thread(text: string): string {
    const id = text.replace(/^(H[gc]|T)/, '');
    if (text[0] === 'H' && /^(0|-1)$/.test(id)) return 'OK';
    const hart = hartOf(id, this.#target.harts);
    if (hart === undefined) return 'E.no such thread';
    if (text.startsWith('Hg')) this.#hart = hart;
    return 'OK';
  }

  #verb(text: string): string {
    if (text === 'vCont?') return 'vCont;c;C;s;S;t;r';
    if (!text.startsWith('vKill;')) return '';
    this.#left = 'killed';
    return 'OK';
  }

  async #query(text: string): Promise<string> {
    if (text === 'QStartNoAckMode') {
      this.#acks = false;
      return 'OK';
    }
    if (text === 'qC') return `QC${threadOf(this.#hart)}`;
    if (text.startsWith('qRcmd,')) return await this.#monitor(text);
    const facts = {
      harts: this.#target.harts,
      description: this.#registers.description,
      execFile: this.#ports.execFile,
      hartText: (hart: number) => privilegeText(this.#target.readRegister(hart, 'priv')),
    };
    return answerQuery(text, facts) ?? '';
  }
}

const privilegeText = (priv: bigint): string =>
  priv === 3n ? 'machine mode' : priv === 1n ? 'supervisor mode' : 'user mode';
