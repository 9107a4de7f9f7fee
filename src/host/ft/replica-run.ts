/**
 * What the guest thread of a backup does however it is kept in step: takes the header and the images from the channel,
 * which come first, and keeps the images for as long as it has a machine of them.
 */

import type { LogHeader } from '../../logformat/header.ts';
import { closeImages, type KeptImages, keepImages } from '../kept-images.ts';
import type { GuestEnd } from '../live/job.ts';
import { NO_TOTALS } from '../outcome.ts';
import { BackupOrders } from './backup-orders.ts';
import { ChannelImages } from './channel-images.ts';
import type { SideOfPairJob } from './job.ts';
import { SideRun } from './side-run.ts';

export abstract class ReplicaRun extends SideRun {
  protected readonly orders: BackupOrders;
  protected readonly images = new ChannelImages();

  constructor(shared: SideOfPairJob['shared']) {
    super(shared);
    this.orders = new BackupOrders(shared);
  }

  /** Header and images; undefined when it is to stop before it has them. */
  protected abstract receiveMachine(): LogHeader | undefined;
  protected abstract withMachine(header: LogHeader, kept: KeptImages): GuestEnd;

  protected override toEnd(): GuestEnd {
    const header = this.receiveMachine();
    if (header === undefined) return { kind: 'stopped', totals: NO_TOTALS };
    const kept = keepImages(this.images.checked(header));
    try {
      return this.withMachine(header, kept);
    } finally {
      closeImages(kept);
    }
  }
}
