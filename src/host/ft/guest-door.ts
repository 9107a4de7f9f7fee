/**
 * How a guest that runs in no pair is found on its host, and told to be the primary of one: a control socket like that
 * of a pair's side, under the guest's name. What a pair is made of is loaded when somebody asks for one.
 */

import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Input } from '../../emu/machine/events.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { toPlain } from '../live/job.ts';
import type { RunningGuest } from '../live/live-guest.ts';
import { reasonOf } from '../os-errors.ts';
import { kernelStem, RECORDING_SUFFIX } from '../recordings.ts';
import { ControlSocket, listNodes } from './control-socket.ts';
import { guestWord, isSet, objectionTo } from './guest-words.ts';
import { hostName, nodeName } from './identity.ts';
import { isTaken } from './nodes.ts';
import type { PairOutcome } from './pair-options.ts';
import { decodeWords, JOIN_WORD, type JoinAnswer } from './pair-words.ts';
import type { GuestName, UnpairedGuest } from './unpaired-guest.ts';

/** As in guest-orders.ts. */
const TAKEN_MS = 15_000;
const LOOK_MS = 5;
const IN_NO_PAIR = 'the guest is in no pair: lockstep ft protect makes it the primary of one';
const ORDERS: ReadonlySet<string> = new Set(['stop', 'leave', 'switch', 'move', 'protect', 'join']);

export class GuestDoor {
  readonly #guest: UnpairedGuest;
  readonly #name: GuestName;
  #socket: ControlSocket | undefined;
  #asked = false;
  #paired: Promise<PairOutcome> | undefined;

  private constructor(guest: UnpairedGuest, name: GuestName) {
    this.#guest = guest;
    this.#name = name;
  }

  /**
   * `given`: the name that the operator wants. UserError when another guest on this host has it. Without one the guest
   * is called like its recording, or its kernel, and runs on where no socket can be made.
   */
  static async open(guest: UnpairedGuest, given: string | undefined): Promise<GuestDoor> {
    if (given !== undefined && (await isTaken(given))) {
      const what = `a guest called ${given} is on this host already`;
      throw new UserError('name-taken', what, 'give another --name; lockstep ft status lists them');
    }
    const name = { name: given ?? ownName(guest), isGiven: given !== undefined, who: nodeName() };
    const door = new GuestDoor(guest, name);
    try {
      door.#socket = await ControlSocket.listen(name.name, door.#command, (line) => door.#answer(line));
    } catch (error) {
      if (given !== undefined || !(error instanceof UserError)) throw error;
    }
    return door;
  }

  /** How the pair's side ends that the guest has come to be of; undefined while it is in no pair. */
  get paired(): Promise<PairOutcome> | undefined {
    return this.#paired;
  }

  /** `serve` has the guest from now on. False: the guest is ending. */
  handOver(serve: (running: RunningGuest) => Promise<PairOutcome>): boolean {
    const { live } = this.#guest;
    if (!live.isServedHere) return false;
    this.#paired = live.handOver().then(serve);
    this.#paired.catch(() => live.stop());
    return true;
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  get #command(): string {
    return this.#guest.file === undefined ? 'run' : 'record';
  }

  #answer(line: string): unknown {
    const [, word = '', words] = /^(\S+)(?: (.+))?$/.exec(line) ?? [];
    if (word === JOIN_WORD && words !== undefined) return this.#join(words);
    const said = guestWord(word, words);
    if (said !== undefined) return this.#tellGuest(said);
    if (ORDERS.has(word)) return { refused: IN_NO_PAIR };
    const { live, file } = this.#guest;
    const { ticks, operator } = live.progress;
    return { pid: process.pid, host: hostName(), command: this.#command, ticks, ...operator, ...file?.sink.about };
  }

  /** It is done when it can be seen. */
  async #tellGuest(said: Input): Promise<{ readonly refused?: string }> {
    const { live } = this.#guest;
    const refused = live.isServedHere ? objectionTo(said, live.progress) : 'the guest is ending';
    if (refused !== undefined) return { refused };
    live.input(said);
    for (const untilMs = performance.now() + TAKEN_MS; performance.now() < untilMs; ) {
      if (isSet(said, live.progress.operator)) return {};
      await sleep(LOOK_MS, undefined, { ref: false });
    }
    return { refused: 'the guest does not take it: it stands still' };
  }

  /** Whatever comes of it, the guest goes on. */
  async #join(text: string): Promise<JoinAnswer> {
    const words = decodeWords(text);
    if (words === undefined) return { error: toPlain(refused('it is asked what its version does not understand')) };
    if (this.#asked) return { error: toPlain(refused('somebody else has just asked for the same')) };
    this.#asked = true;
    try {
      const { joinPair } = await import('./join-pair.ts');
      const pair = await joinPair(words, this.#name, this.#guest, (serve) => {
        if (!this.handOver(serve)) throw refused('the guest is ending');
        this.close();
      });
      return { pair };
    } catch (error) {
      this.#asked = false;
      return { error: toPlain(error instanceof UserError ? error : refused(reasonOf(error))) };
    }
  }
}

const refused = (why: string): UserError => new UserError('not-paired', why, 'see: lockstep ft status', ExitCode.lost);

function ownName({ file, options: { kernel, bios } }: UnpairedGuest): string {
  if (file === undefined) return `${kernelStem(kernel ?? bios ?? 'guest')}-${process.pid}`;
  const name = basename(file.sink.path, RECORDING_SUFFIX);
  return listNodes(name).length === 0 ? name : `${name}-${process.pid}`;
}
