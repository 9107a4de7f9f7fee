/**
 * What the guest threads of both sides of a pair have: their way to the main thread, and how they end.
 */

import { UserError } from '../../lib/errors.ts';
import { Doorbell } from '../doorbell.ts';
import { ConsoleQueue } from '../live/console-queue.ts';
import { type GuestEnd, type GuestReport, toPlain } from '../live/job.ts';
import { RingSender } from '../live/ring-sender.ts';
import type { RunMeter } from '../live/run-meter.ts';
import { ControlWords, type SharedState } from '../live/shared-state.ts';
import type { LogFileSink } from '../log-file-sink.ts';
import { recordingError } from '../recorded-machine.ts';
import { JoinedOutputs } from './joined-outputs.ts';
import { encodeReport } from './ring-messages.ts';

export abstract class SideRun {
  protected readonly sender: RingSender;
  protected readonly outputs: JoinedOutputs;
  protected readonly consoles: ConsoleQueue;
  /** Once there is a machine. */
  protected meter: RunMeter | undefined;
  protected say: (report: GuestReport) => void = () => {};

  constructor(shared: SharedState) {
    const control = new ControlWords(shared.control);
    const hostBell = new Doorbell(shared.hostBell);
    this.sender = new RingSender(shared);
    this.outputs = new JoinedOutputs(this.sender);
    this.consoles = new ConsoleQueue((bytes) => {
      control.heldBytes = bytes;
      hostBell.ring();
    });
  }

  /** Runs to the end. `say` is told when the guest is live. An error that is no UserError is a defect of ours. */
  run(say: (report: GuestReport) => void): GuestEnd {
    this.say = say;
    try {
      const end = this.toEnd();
      this.outputs.flush();
      return end;
    } catch (caught) {
      const error = recordingError(caught);
      if (!(error instanceof UserError)) throw error;
      return { kind: 'failed', error: toPlain(error), totals: this.meter?.totals() };
    } finally {
      this.meter?.count();
    }
  }

  protected abstract toEnd(): GuestEnd;

  /** The guest, or its replica, is there: from here on it outlives its recording. */
  protected outlives(recording: LogFileSink): void {
    outlive(recording, this.sender);
  }
}

/** The main thread is told when the recording cannot be written any more, and it is no error. */
export function outlive(recording: LogFileSink, sender: RingSender): void {
  recording.onLost = (why) => sender.send(encodeReport({ kind: 'unrecorded', why }));
}
