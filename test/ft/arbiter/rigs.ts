/** The arbiters that lockstep brings along, each with the faults that its kind can have. */
import { mkdirSync, renameSync } from 'node:fs';
import type { Arbiter } from '../../../src/ft/arbiter.ts';
import { DiskArbiter } from '../../../src/host/ft/arbiters/disk.ts';
import { FileArbiter } from '../../../src/host/ft/arbiters/file.ts';
import { Relay, ServerProcess } from '../../host/disk/support.ts';
import { HungStorage } from './hung-storage.ts';
import { acceptorHere, majorityRig } from './majority-rig.ts';
import { PATIENT_MS, type RigMaker } from './rig.ts';

export const rigs: readonly RigMaker[] = [
  ['a majority of three', majorityRig(3, acceptorHere)],
  [
    'the block server',
    async (folder) => {
      const server = new ServerProcess(folder, [`e0=${folder.image()}`]);
      await server.start();
      const proxy = await Relay.start(folder, server.at);
      const deafened = await Relay.start(folder, server.at);
      return {
        arbiter: (deadlineMs = PATIENT_MS) => new DiskArbiter(proxy.at, deadlineMs),
        deaf: () => new Deaf(new DiskArbiter(deafened.at, PATIENT_MS), deafened),
        cut: async () => proxy.set('cut'),
        heal: async () => proxy.set('open'),
        freeze: () => server.freeze(),
        thaw: () => server.thaw(),
        slow: (ms) => {
          proxy.delayMs = ms;
        },
        restart: async () => {
          await server.kill();
          await server.start();
        },
      };
    },
  ],
  [
    'a folder',
    async (folder) => {
      const path = folder.fresh('arbiter');
      mkdirSync(path);
      const storage = new HungStorage(folder);
      return {
        arbiter: (deadlineMs = PATIENT_MS) => new FileArbiter(path, deadlineMs),
        // The time is over before the storage has answered; what was begun goes on.
        deaf: () => new FileArbiter(path, 0),
        cut: async () => renameSync(path, `${path}.away`),
        heal: async () => renameSync(`${path}.away`, path),
        freeze: () => storage.freeze(),
        thaw: () => storage.thaw(),
        slow: (ms) => void storage.slow(ms),
        // There is nobody who could be killed but the claimers: claimers.test.ts.
        restart: async () => {},
      };
    },
  ],
];

/** The proxy lets the haggling through and swallows what answers the claim: the connection ends before it. */
class Deaf implements Arbiter {
  readonly #inner: DiskArbiter;
  readonly #proxy: Relay;

  constructor(inner: DiskArbiter, proxy: Relay) {
    this.#inner = inner;
    this.#proxy = proxy;
  }

  claim(pair: string, epoch: number, who: string) {
    this.#proxy.dropAfterAnswers(1);
    return this.#inner.claim(pair, epoch, who);
  }

  read(pair: string) {
    return this.#inner.read(pair);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
