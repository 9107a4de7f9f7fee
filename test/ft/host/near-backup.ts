/** A backup in the test's own process: what no signal can hold there, the test holds. */
import { onTestFinished } from 'vitest';
import { FileArbiter } from '../../../src/host/ft/arbiters/file.ts';
import { BackupNode } from '../../../src/host/ft/backup-node.ts';
import type { Endpoint } from '../../../src/host/ft/endpoint.ts';
import { settingsOf, type Tuning } from '../../../src/host/ft/pair-options.ts';
import type { Given } from '../../../src/host/ft/surroundings.ts';
import { UserError } from '../../../src/lib/errors.ts';
import { TestUi } from '../../host/support.ts';
import type { World } from './sides.ts';

class NearUi extends TestUi {
  readonly at = Promise.withResolvers<Endpoint>();
  listening(endpoint: Endpoint): void {
    this.at.resolve(endpoint);
  }
}

export class NearBackup extends BackupNode {
  /** Its guest stands still. */
  holdGuest(held: boolean): void {
    this.guest.stall('test', held);
  }

  /** What is written to its images waits; resolves when nothing is under way. */
  async holdImages(): Promise<void> {
    await Promise.all(this.devices.drives.map(({ image }) => image?.hold()));
  }

  releaseImages(): void {
    for (const { image } of this.devices.drives) image?.release();
  }

  /** Its end, wherever its guest lives. */
  giveUp(): void {
    this.failed(new UserError('over', 'the test is over', 'nothing'));
  }
}

export interface Near {
  readonly node: NearBackup;
  readonly ui: TestUi;
  /** Where it listens. */
  readonly at: Endpoint;
  /** Waits until it tells of itself what is so. */
  until(holds: (node: NearBackup) => boolean): Promise<void>;
}

/** It ends with the test. */
export async function nearBackup(world: World, tuning: Tuning = {}, given: Given = {}): Promise<Near> {
  const ui = new NearUi();
  const options = {
    name: 'pair',
    arbiter: world.arbiter,
    tuning: { sameHost: true, detectMs: 60_000, reconnectMs: 200, ...tuning },
    listen: { host: '127.0.0.1', port: 0 },
    given,
    output: world.path('near.lks'),
  };
  const node = new NearBackup(options, settingsOf(options, 0), new FileArbiter(world.path('arbiter')), ui);
  const over = node.run();
  onTestFinished(async () => {
    node.releaseImages();
    node.giveUp();
    await over;
  });
  const until = async (holds: (node: NearBackup) => boolean): Promise<void> => {
    while (!holds(node)) await new Promise((done) => setTimeout(done, 10));
  };
  return { node, ui, at: await ui.at.promise, until };
}
