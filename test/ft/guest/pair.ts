/**
 * Both sides of a pair in one thread, with the channel between them played by a seed: a primary that records through a
 * covered gate, a backup that follows what has arrived, a cut, and the backup going on alone.
 */
import type { Machine, MachinePorts } from '../../../src/emu/machine/machine.ts';
import { ChannelRecords } from '../../../src/ft/guest/channel-records.ts';
import { CoveredGate } from '../../../src/ft/guest/covered-gate.ts';
import { FollowedLog } from '../../../src/ft/guest/followed-log.ts';
import { ForkedLog } from '../../../src/ft/guest/forked-log.ts';
import type { Method } from '../../../src/ft/guest/method.ts';
import type { MethodParts } from '../../../src/ft/guest/method-of.ts';
import { NumberedGate } from '../../../src/ft/guest/numbered-gate.ts';
import { ProgressSource } from '../../../src/ft/guest/progress-source.ts';
import { ReadReferences } from '../../../src/ft/guest/read-references.ts';
import { type DiskOutput, ReplicaReads } from '../../../src/ft/guest/replica-reads.ts';
import type { NumberedOutput } from '../../../src/ft/guest/units.ts';
import { zstd } from '../../../src/host/zstd.ts';
import type { LogHeader } from '../../../src/logformat/header.ts';
import { FrameStream } from '../../../src/logformat/stream.ts';
import { LogWriter } from '../../../src/logformat/writer.ts';
import { reissue } from '../../../src/session/continue.ts';
import { Doors } from '../../../src/session/doors.ts';
import { OpenGate, type OutputPort } from '../../../src/session/gate.ts';
import { Recorder } from '../../../src/session/recorder.ts';
import { Replayer } from '../../../src/session/replayer.ts';
import { Session, type StepResult } from '../../../src/session/session.ts';
import type { InputSource } from '../../../src/session/source.ts';
import { MemoryLog } from '../../logformat/support.ts';

export type World = InputSource & OutputPort & { readonly ns: bigint };
export type MachineFor = (ports: MachinePorts) => Machine;
export type WorldFor = (machine: Machine) => World;

/** What comes out of the primary's guest thread, in the order of its ring. */
export type Emitted =
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  | { readonly kind: 'output'; readonly output: NumberedOutput };

export type MethodFor = (parts: Omit<MethodParts, 'state'>) => Method;

/** Ships the log, with a progress record each `intervalNs`. */
export function shipped(intervalNs: bigint): MethodFor {
  return ({ live, log, pass, nowNs }) => ({
    source: new ProgressSource({ source: live, log, nowNs, intervalNs }),
    flush: () => log.flush(),
    pass,
    passed: () => {},
  });
}

export class PrimarySide {
  readonly machine: Machine;
  readonly gate: CoveredGate;
  readonly ring: Emitted[] = [];
  readonly file = new MemoryLog();
  readonly #session: Session;
  readonly #world: World;
  /** What is to happen when the guest stands still for acknowledgements. */
  standStill: () => void = () => {};
  /** Events of the ring before this one are with the world or acknowledged. */
  #released = 0;

  /** `reads`: what was read is not in the frames of the ring. */
  constructor(machineFor: MachineFor, worldFor: WorldFor, header: LogHeader, methodFor: MethodFor, reads = false) {
    const doors = new Doors();
    const machine = machineFor(doors);
    const world = worldFor(machine);
    const send = (bytes: Uint8Array): unknown => this.ring.push({ kind: 'frame', bytes: bytes.slice() });
    const write = (bytes: Uint8Array): void => {
      this.file.write(bytes);
      if (!reads) send(bytes);
    };
    const log = new ForkedLog(new LogWriter({ write }, zstd, header));
    const inside = new Set<string>();
    const references = new ReadReferences({ pending: () => machine.pendingRequests(), inside });
    if (reads) log.branch = references.through(new LogWriter({ write: send }, zstd, header));
    const method = methodFor({
      live: world,
      log,
      pass: (output) => this.ring.push({ kind: 'output', output }),
      nowNs: () => world.ns,
      standStill: () => this.standStill(),
    });
    const gate = new CoveredGate({
      flush: () => method.flush(),
      pass: (output) => method.pass(output),
      passed: () => method.passed(),
      direct: (output) => world.deliver(output),
    });
    const { source } = method;
    const { digestTicks } = header;
    const recorder = new Recorder({ machine, source, gate, log, digestTicks, elapsedNs: () => world.ns });
    this.machine = machine;
    this.gate = gate;
    this.#world = world;
    this.#session = new Session(machine, doors, recorder, recorder);
  }

  step(): StepResult {
    return this.#session.step();
  }

  /** The outputs that `acknowledged` frames cover go to the world. */
  acknowledge(acknowledged: number): void {
    let frames = this.ring.slice(0, this.#released).filter(({ kind }) => kind === 'frame').length;
    for (let event = this.ring[this.#released]; event !== undefined; event = this.ring[this.#released]) {
      if (event.kind === 'frame' && frames === acknowledged) return;
      if (event.kind === 'frame') frames++;
      else this.#world.deliver(event.output.output);
      this.#released++;
    }
  }

  /** Outputs that wait for an acknowledgement, or have not been released since. */
  get held(): number {
    return this.ring.slice(this.#released).filter(({ kind }) => kind === 'output').length;
  }

  frames(): Uint8Array[] {
    return this.ring.flatMap((event) => (event.kind === 'frame' ? [event.bytes] : []));
  }

  outputs(): NumberedOutput[] {
    return this.ring.flatMap((event) => (event.kind === 'output' ? [event.output] : []));
  }

  /** Outputs with the world, or about to be: covered by `acknowledged` frames. */
  covered(acknowledged: number): NumberedOutput[] {
    let frames = 0;
    const outputs: NumberedOutput[] = [];
    for (const event of this.ring) {
      if (event.kind === 'output') outputs.push(event.output);
      else if (++frames > acknowledged) break;
    }
    return outputs;
  }
}

export class BackupSide {
  /** Reads that this side has been asked for, again where what was read was wrong. */
  readonly asked: DiskOutput[] = [];
  readonly reads: ReplicaReads;
  readonly channel: ChannelRecords;
  readonly file = new MemoryLog();
  readonly outputs: NumberedOutput[] = [];
  readonly gate: NumberedGate;
  readonly machine: Machine;
  readonly replayer: Replayer;
  readonly #followed: FollowedLog;
  readonly #session: Session;
  readonly #stream = new FrameStream();

  constructor(machineFor: MachineFor) {
    const doors = new Doors();
    const ask = (output: DiskOutput): unknown => this.asked.push(output);
    this.reads = new ReplicaReads({ ask, again: ask });
    this.channel = new ChannelRecords(zstd, this.reads);
    const pass = (output: NumberedOutput): unknown => this.outputs.push(output);
    this.gate = new NumberedGate(pass, undefined, (output) => {
      if (output.operation.op === 'read') this.reads.ask(output);
    });
    this.machine = machineFor(doors);
    this.#followed = new FollowedLog(this.file, zstd, this.channel);
    this.replayer = new Replayer({ machine: this.machine, records: this.channel, gate: this.gate });
    this.#session = new Session(this.machine, doors, this.replayer, this.replayer);
  }

  receive(bytes: Uint8Array): void {
    this.#stream.push(bytes);
    for (let frame = this.#stream.next(); frame !== undefined; frame = this.#stream.next())
      this.channel.push(frame.bytes);
    this.#followed.follow(this.replayer.taken);
  }

  step(): StepResult {
    const result = this.#session.step();
    this.#followed.follow(this.replayer.taken);
    return result;
  }

  /** Nothing more comes: executes what has, and gives how that ended. While it waits for a read, `read` does some. */
  drain(read: () => void): StepResult {
    this.channel.cut();
    for (;;) {
      const result = this.step();
      if (result.kind === 'starved') read();
      else if (result.kind !== 'ran') return result;
    }
  }

  /** After `drain`; a session to be stepped. */
  goLive(worldFor: WorldFor): Session {
    const { machine, replayer, channel } = this;
    const world = worldFor(machine);
    const log = this.#followed.goOn(replayer.taken);
    const { digestTicks } = channel.header!;
    const gate = new OpenGate(world);
    const recorder = new Recorder({
      machine,
      source: world,
      gate,
      log,
      digestTicks,
      elapsedNs: () => world.ns,
      marks: replayer.marks,
    });
    this.#session.connect(recorder, recorder);
    reissue(machine, gate);
    return this.#session;
  }
}

/** A world that types no more than the machine's consoles take. */
export function roomy(world: World, machine: Machine): World {
  const room = (device: string, bytes: number): boolean => machine.consoleRoom(device) >= bytes;
  return {
    get ns() {
      return world.ns;
    },
    deliver: (output) => world.deliver(output),
    nondet: (kind, at) => world.nondet(kind, at),
    next: (now) => {
      const grant = world.next(now);
      if (typeof grant === 'string') return grant;
      let typed = 0;
      const inputs = grant.inputs.filter((input) => {
        if (input.kind !== 'console') return true;
        typed += input.bytes.length;
        return room(input.device, typed);
      });
      return { inputs, until: grant.until };
    },
  };
}

/** Numbers below `below`, the same for the same seed. */
export function randomOf(seed: number): (below: number) => number {
  let state = (seed * 2654435761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
