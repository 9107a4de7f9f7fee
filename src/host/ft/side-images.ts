/**
 * The images that a side has for itself (drives that are not shared): what they are marked with, and how a new backup
 * gets them. Invariant: from the state of a copy on nothing that the guest has asked is done before the images that go
 * with it are whole at the backup.
 */

import type { ImagesProgress } from '../../ft/disk/mirror-source.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import { CommitLine } from '../mirror/commit-line.ts';
import { ImageCopy } from '../mirror/image-copy.ts';
import { leaveBehind } from '../mirror/image-mark.ts';
import { reasonOf } from '../os-errors.ts';
import type { DriveFile } from '../ports/drive-file.ts';
import type { LinkParts } from './primary-link.ts';
import type { Report } from './ring-messages.ts';

export interface SideImagesHost {
  drives(): readonly DriveFile[];
  /** The guest's thread may end its rounds: the images of this copy are nearly equal. */
  near(copy: number): void;
  /** Images change faster than they are copied. */
  slow(): void;
  /** The copy of that number cannot be completed. */
  giveUp(copy: number, reason: string): void;
  notice(text: string): void;
}

export class SideImages {
  readonly #settings: PairSettings;
  readonly #host: SideImagesHost;
  readonly #line = new CommitLine();
  /** Of the last backup that was given images. */
  #copy: ImageCopy | undefined;

  constructor(settings: PairSettings, host: SideImagesHost) {
    this.#settings = settings;
    this.#host = host;
  }

  /** Of the last copy, when it has images. */
  get progress(): ImagesProgress | undefined {
    return this.#copy?.progress;
  }

  /** The guest lives here in this epoch: resolves when the drives' storage knows. */
  async raise(epoch: number): Promise<void> {
    const { pair, who } = this.#settings;
    const raised = this.#host.drives().map(async (drive) => {
      try {
        await drive.raise(epoch);
        await drive.image?.mark('live', { pair, epoch, who });
      } catch (error) {
        this.#host.notice(`drive ${drive.device}: ${reasonOf(error)}`);
      }
    });
    await Promise.all(raised);
  }

  /** The guest that lived here goes on elsewhere, and with it what the images are to hold. */
  async leave(): Promise<void> {
    for (const { device, image } of this.#host.drives()) {
      try {
        if (image !== undefined) await leaveBehind(image.path, this.#settings.who);
      } catch (error) {
        this.#host.notice(`the mark of the image of ${device}: ${reasonOf(error)}`);
      }
    }
  }

  /** A backup is made there: it is given what the own images hold. */
  begin({ settings, endpoint, key, copy }: LinkParts): void {
    const drives = this.#host.drives().flatMap(({ device, image }) => (image === undefined ? [] : [{ device, image }]));
    if (drives.length === 0) return;
    const host = this.#host;
    const images: ImageCopy = new ImageCopy(
      { settings, endpoint, key, copy, drives },
      {
        near: () => host.near(copy),
        slow: () => host.slow(),
        done: () => host.notice(doneText(images.progress)),
        failed: (reason) => host.giveUp(copy, `its images cannot be made equal: ${reason}`),
      },
    );
    this.#copy = images;
  }

  /** Nobody wants the copy of that number any more; left out: none. */
  stop(copy?: number): void {
    if (copy === undefined || copy === this.#copy?.parts.copy) this.#copy?.stop();
  }

  /** Hands on what the guest's thread reports, when that may be done. */
  report(report: Report, done: () => void): void {
    if (report.kind === 'frame' && report.commit && report.copy === this.#copy?.parts.copy) {
      this.#line.hold(this.#copy.finish());
    }
    this.after(done);
  }

  /** Behind everything that was reported. */
  after(done: () => void): void {
    this.#line.pass(done);
  }
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const doneText = ({ compared, copied }: ImagesProgress): string =>
  `the images are equal: ${mebibytes(compared)} compared, ${mebibytes(copied)} copied`;
