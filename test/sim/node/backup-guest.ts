/**
 * The backup's guest thread: replays what it is fed, keeps its own log, and after going live records on in it.
 */

import type { Input, Output } from '../../../src/emu/machine/events.ts';
import { ChannelRecords } from '../../../src/ft/guest/channel-records.ts';
import { CoveredGate } from '../../../src/ft/guest/covered-gate.ts';
import { FollowedLog } from '../../../src/ft/guest/followed-log.ts';
import { NumberedGate } from '../../../src/ft/guest/numbered-gate.ts';
import type { NumberedOutput } from '../../../src/ft/guest/units.ts';
import type { Tick } from '../../../src/lib/brands.ts';
import type { LogWriter } from '../../../src/logformat/writer.ts';
import { Doors } from '../../../src/session/doors.ts';
import { Recorder } from '../../../src/session/recorder.ts';
import { Replayer } from '../../../src/session/replayer.ts';
import { Session } from '../../../src/session/session.ts';
import { SimLiveSource } from '../guest/live-source.ts';
import type { SimMachine } from '../guest/machine.ts';
import { GuestThread, type Outcome, reportOf } from './guest-thread.ts';
import { PLAIN, simHeader } from './log.ts';
import type { GuestParts } from './primary-guest.ts';

export type BackupSaid =
  | { readonly kind: 'executed'; readonly sequence: number; readonly tick: Tick; readonly digests: number }
  | { readonly kind: 'output'; readonly numbered: NumberedOutput }
  | { readonly kind: 'drained' }
  | { readonly kind: 'off' }
  | { readonly kind: 'diverged'; readonly report: string }
  /** Live: needs no cover. */
  | { readonly kind: 'direct'; readonly output: Output };

/** Between two reports while it is busy. */
const REPORT_US = 5_000;

export class BackupGuest extends GuestThread<BackupSaid> {
  readonly machine: SimMachine;
  readonly #parts: GuestParts;
  readonly #channel: ChannelRecords;
  readonly #file: FollowedLog;
  readonly #gate: NumberedGate;
  readonly #replayer: Replayer;
  protected readonly session: Session;
  #live: SimLiveSource | undefined;
  #log: LogWriter | undefined;
  #reportedAt = 0;
  #reported = -1;
  #written = 0;
  #finished = false;

  constructor(parts: GuestParts, take: (said: BackupSaid) => void) {
    super(parts.clockwork, parts.ticksPerUs, take);
    this.#parts = parts;
    const doors = new Doors();
    const machine = parts.machine(doors);
    this.machine = machine;
    this.#channel = new ChannelRecords(PLAIN);
    const sink = { write: (bytes: Uint8Array) => this.#write(bytes) };
    this.#file = new FollowedLog(sink, PLAIN, this.#channel);
    this.#gate = new NumberedGate((numbered) => this.say({ kind: 'output', numbered }));
    const gate = parts.gate(this.#gate, (output) => this.say({ kind: 'direct', output }));
    this.#replayer = new Replayer({ machine, records: this.#channel, gate });
    this.session = new Session(machine, doors, this.#replayer, this.#replayer);
  }

  /** Bytes of frames that are not executed. */
  get backlog(): number {
    return this.#channel.unexecutedBytes;
  }
  get live(): boolean {
    return this.#live !== undefined;
  }

  feed(bytes: Uint8Array): void {
    this.#channel.push(bytes);
    this.wake();
  }

  /** No more will be fed. */
  drain(): void {
    this.#channel.cut();
    this.wake();
  }

  give(input: Input): void {
    this.#live?.put(input);
    this.wake();
  }

  /** Everything in the log so far is in the file. */
  flush(): void {
    this.#log?.flush();
  }

  /** Goes on with the doors of a live host. Gives how many requests were given out again, if they are at all. */
  goLive(reissues: boolean): number {
    const { nowNs, random, sliceNs } = this.#parts;
    const { machine } = this;
    const live = new SimLiveSource(machine, nowNs, random, sliceNs);
    const log = this.#file.goOn(this.#replayer.taken);
    const direct = (output: Output): void => {
      if (output.kind === 'entropy') live.answer(output);
      else this.say({ kind: 'direct', output });
    };
    const gate = new CoveredGate({
      flush: () => log.flush(),
      pass: (numbered) => this.say({ kind: 'output', numbered }),
      direct,
      units: this.#gate.units,
    });
    const from = nowNs();
    const recorder = new Recorder({
      machine,
      source: live,
      gate,
      log,
      digestTicks: simHeader.digestTicks,
      elapsedNs: () => nowNs() - from,
      marks: this.#replayer.marks,
    });
    this.session.connect(recorder, recorder);
    this.#live = live;
    this.#log = log;
    this.#finished = false;
    const pending = reissues ? machine.pendingRequests() : [];
    for (const output of pending) direct(output);
    this.handOver(0);
    this.wake();
    return pending.length;
  }

  protected step(): Outcome {
    if (this.#finished) return { sleepUs: undefined };
    return this.#live === undefined ? this.#follow() : this.#goOn(this.#live);
  }

  #follow(): Outcome {
    const result = this.session.step();
    this.#file.follow(this.#replayer.taken);
    const now = this.clockwork.now;
    if (result.kind !== 'ran' || now - this.#reportedAt > REPORT_US) this.#report();
    switch (result.kind) {
      case 'ran':
        return 'again';
      case 'starved':
        return { sleepUs: undefined };
      case 'diverged':
        this.say({ kind: 'diverged', report: reportOf(result) });
        break;
      default:
        this.say({ kind: this.#replayer.finish?.kind === 'end' ? 'off' : 'drained' });
    }
    this.#finished = true;
    return { sleepUs: undefined };
  }

  #goOn(live: SimLiveSource): Outcome {
    const result = this.session.step();
    if (result.kind === 'ran') return 'again';
    if (result.kind === 'starved') {
      const { waitNs } = live;
      return { sleepUs: waitNs === undefined ? undefined : Number(waitNs) / 1000 + 1 };
    }
    if (result.kind === 'diverged') throw new Error('a live guest cannot diverge');
    this.#finished = true;
    this.say({ kind: 'off' });
    return 'done';
  }

  #report(): void {
    const { executed } = this.#channel;
    this.#reportedAt = this.clockwork.now;
    if (executed === this.#reported) return;
    this.#reported = executed;
    this.say({ kind: 'executed', sequence: executed, tick: this.machine.tick, digests: this.#replayer.digests });
  }

  #write(bytes: Uint8Array): void {
    this.#parts.written(this.#written++, bytes);
  }
}
