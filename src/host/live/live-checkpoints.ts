/**
 * Checkpoints in a recording that is being made.
 */

import type { Board } from '../../emu/machine/board.ts';
import type { Output } from '../../emu/machine/events.ts';
import type { Tick } from '../../lib/brands.ts';
import type { LogWriter } from '../../logformat/writer.ts';
import { CheckpointLog } from '../../session/checkpoint-log.ts';
import { ConsoleLines } from '../../session/console-lines.ts';
import type { RecordedCheckpoints } from '../../session/recorder.ts';
import { CheckpointSchedule, type CheckpointSpacing } from '../checkpoint-schedule.ts';
import { monotonicNs } from '../clock.ts';

/** Writing them may take one part of this many of the time. */
const PATIENCE = 10n;

export interface LiveCheckpointParts {
  readonly board: Board;
  readonly log: LogWriter;
  readonly spacing: CheckpointSpacing;
  /** The console whose line a debugger would want to know. */
  readonly terminal: string;
  /** Host time that the guest has been running, nanoseconds. */
  readonly runNs: () => bigint;
}

export class LiveCheckpoints implements RecordedCheckpoints {
  readonly #parts: LiveCheckpointParts;
  readonly #schedule: CheckpointSchedule;
  readonly #checkpoints: CheckpointLog;
  readonly #lines = new ConsoleLines();

  constructor(parts: LiveCheckpointParts) {
    const { board, log, spacing, runNs } = parts;
    this.#parts = parts;
    this.#schedule = new CheckpointSchedule(spacing, PATIENCE, board.tick, runNs());
    this.#checkpoints = new CheckpointLog(board, (at, payload) => log.checkpoint(at, payload));
  }

  due(now: Tick): boolean {
    return this.#schedule.due(now, this.#parts.runNs());
  }

  write(): void {
    const { board, log, runNs } = this.#parts;
    const from = monotonicNs();
    log.flush();
    const { offset } = log;
    this.#checkpoints.write({ left: 0, marks: { open: [], closed: [] }, line: this.#lines.save() });
    this.#schedule.written(board.tick, runNs(), monotonicNs() - from, log.offset - offset);
  }

  writeLast(): void {
    if (this.#schedule.tick !== this.#parts.board.tick) this.write();
  }

  heard(output: Output): void {
    if (output.kind === 'console' && output.device === this.#parts.terminal) this.#lines.add(output.bytes);
  }
}
