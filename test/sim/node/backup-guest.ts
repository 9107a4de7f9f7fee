/**
 * The backup's guest thread: replays what it is fed, keeps its own log, and after going live records on in it.
 */

import type { Input } from '../../../src/emu/machine/events.ts';
import { ChannelRecords } from '../../../src/ft/guest/channel-records.ts';
import { FollowedLog } from '../../../src/ft/guest/followed-log.ts';
import { NumberedGate } from '../../../src/ft/guest/numbered-gate.ts';
import { type DiskOutput, ReplicaReads } from '../../../src/ft/guest/replica-reads.ts';
import { Units } from '../../../src/ft/guest/units.ts';
import { type Tick, tick } from '../../../src/lib/brands.ts';
import { Doors } from '../../../src/session/doors.ts';
import { Replayer } from '../../../src/session/replayer.ts';
import { Session } from '../../../src/session/session.ts';
import { CopiedGuest } from '../guest/copy.ts';
import type { SimMachine } from '../guest/machine.ts';
import type { GuestParts } from './guest-parts.ts';
import { GuestThread, type Outcome, reportOf } from './guest-thread.ts';
import { type LiveSaid, LiveSide, type Order } from './live-side.ts';
import { PLAIN } from './log.ts';

export type BackupSaid =
  | LiveSaid
  /** The guest that replays asks for a read; once more, as what was read is not what the primary read. */
  | { readonly kind: 'read' | 'again'; readonly output: DiskOutput }
  /** It changes the disk, of which there is an own image here. */
  | { readonly kind: 'follow'; readonly output: DiskOutput }
  | { readonly kind: 'executed'; readonly sequence: number; readonly tick: Tick; readonly digests: number }
  | { readonly kind: 'drained' }
  | { readonly kind: 'off' }
  | { readonly kind: 'diverged'; readonly report: string };

/** The machine that replays, and what it is replayed by. */
interface Replica {
  readonly machine: SimMachine;
  readonly gate: NumberedGate;
  readonly replayer: Replayer;
  readonly session: Session;
}

const NO_TICK = tick(0);
/** Between two reports while it is busy. */
const REPORT_US = 5_000;

export class BackupGuest extends GuestThread<BackupSaid> {
  readonly #parts: GuestParts;
  readonly #channel: ChannelRecords;
  readonly #reads: ReplicaReads | undefined;
  #draining = false;
  readonly #file: FollowedLog;
  /** Of a log that begins with a checkpoint. */
  readonly #copied = new CopiedGuest();
  /** There is none before the header, and of a copy the state. */
  #replica: Replica | undefined;
  #live: LiveSide | undefined;
  #reportedAt = 0;
  #reported = -1;
  #written = 0;
  #finished = false;

  constructor(parts: GuestParts, take: (said: BackupSaid) => void) {
    super(parts.clockwork, parts.ticksPerUs, take);
    this.#parts = parts;
    const ask = (output: DiskOutput): void => this.say({ kind: 'read', output });
    const again = (output: DiskOutput): void => this.say({ kind: 'again', output });
    this.#reads = parts.reads ? new ReplicaReads({ ask, again }) : undefined;
    this.#channel = new ChannelRecords(PLAIN, this.#reads);
    const sink = { write: (bytes: Uint8Array) => parts.written(this.#written++, bytes, this.queued) };
    this.#file = new FollowedLog(sink, PLAIN, this.#channel);
  }

  get machine(): SimMachine | undefined {
    return this.#replica?.machine;
  }

  /** State digests compared while it replayed, all equal. */
  get digests(): number {
    return this.#replica?.replayer.digests ?? 0;
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
    this.#copied.add(bytes);
    this.#replica ??= this.#makeReplica();
    this.wake();
  }

  /** No more will be fed. */
  drain(): void {
    this.#draining = true;
    this.#channel.cut();
    this.wake();
  }

  give(input: Input): void {
    if (this.#live !== undefined) this.#live.source.put(input);
    else if (input.kind === 'disk') this.#reads?.came(input.device, input.request, input.data);
    this.wake();
  }
  order(order: Order): void {
    this.#live?.order(order);
    this.wake();
  }

  /** Everything in the log so far is in the file. */
  flush(): void {
    this.#live?.flush();
  }

  /** Goes on with the doors of a live host. Gives how many requests were given out again, if they are at all. */
  goLive(reissues: boolean): number {
    const { machine, gate, replayer, session } = this.#replica!;
    const live = new LiveSide({
      parts: this.#parts,
      machine,
      log: this.#file.goOn(replayer.taken),
      say: (said) => this.say(said),
      followed: false,
      units: gate.units,
      marks: replayer.marks,
    });
    session.connect(live.recorder, live.recorder);
    this.#live = live;
    this.#finished = false;
    const pending = reissues ? machine.pendingRequests() : [];
    for (const output of pending) live.direct(output);
    this.handOver(0);
    this.wake();
    return pending.length;
  }

  #makeReplica(): Replica | undefined {
    const { header } = this.#channel;
    const past = header?.begins === undefined ? undefined : this.#copied.past;
    if (header === undefined || (header.begins !== undefined && past === undefined)) return undefined;
    const doors = new Doors();
    const machine = this.#parts.machine(doors);
    if (past !== undefined) this.#copied.putInto(machine);
    const asked = (output: DiskOutput): void => {
      if (output.operation.op === 'read') this.#reads?.ask(output);
      else if (this.#parts.own) this.say({ kind: 'follow', output });
    };
    for (const output of machine.pendingRequests()) if (output.kind === 'disk') asked(output);
    const gate = new NumberedGate((numbered) => this.say({ kind: 'output', numbered }), new Units(past?.units), asked);
    const around = this.#parts.gate(gate, (output) => this.say({ kind: 'direct', output }));
    const replayer = new Replayer({ machine, records: this.#channel, gate: around });
    return { machine, gate, replayer, session: new Session(machine, doors, replayer, replayer) };
  }

  protected get tick(): Tick {
    return this.#replica?.machine.tick ?? NO_TICK;
  }

  protected step(): Outcome {
    if (this.#finished) return { sleepUs: undefined };
    if (this.#replica === undefined) return this.#collect();
    return this.#live === undefined ? this.#follow(this.#replica) : this.#goOn(this.#live, this.#replica);
  }

  #awaitRead(): void {
    const { probe, did } = this.#parts;
    if (this.#draining) did('a backup waits for a read before it lives');
    probe(this.#draining ? 'read.awaited.draining' : 'read.awaited');
  }

  /** Before there is a machine. */
  #collect(): Outcome {
    this.#file.follow(0);
    this.#report();
    if (this.#channel.finished) throw new Error('the log ends before there is a machine');
    return { sleepUs: undefined };
  }

  #follow({ session, replayer }: Replica): Outcome {
    const result = session.step();
    this.#file.follow(replayer.taken);
    const now = this.clockwork.now;
    if (result.kind !== 'ran' || now - this.#reportedAt > REPORT_US) this.#report();
    switch (result.kind) {
      case 'ran':
        return 'again';
      case 'starved':
        if (this.#channel.awaitedTick !== undefined) this.#awaitRead();
        return { sleepUs: undefined };
      case 'diverged':
        this.say({ kind: 'diverged', report: reportOf(result) });
        break;
      default:
        this.say({ kind: replayer.finish?.kind === 'end' ? 'off' : 'drained' });
    }
    this.#finished = true;
    return { sleepUs: undefined };
  }

  #goOn(live: LiveSide, { session }: Replica): Outcome {
    const result = session.step();
    if (result.kind === 'ran') return 'again';
    if (result.kind === 'starved') return { sleepUs: live.sleepUs };
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
    this.say({ kind: 'executed', sequence: executed, tick: this.tick, digests: this.digests });
  }
}
