/**
 * What a comparison found, complete and plain: the command prints it, as text or as JSON.
 */

import type { Tick } from '../../lib/brands.ts';
import type { LogRecord } from '../../logformat/records.ts';
import type { Both } from './both.ts';
import type { FunctionEntry, SeenFunction } from './function-trail.ts';
import type { FunctionsParted } from './function-ways.ts';
import type { MachineDifference } from './header-diff.ts';
import type { DigestComparison, InputDifference } from './log-diff.ts';
import type { Moment } from './moment.ts';
import type { Said } from './said.ts';
import type { RegisterDifference, StateDifference } from './state-diff.ts';
import type { StepMade } from './step-made.ts';
import type { StreamDifference } from './stream-pairs.ts';

/**
 * 'machine': another machine or image; 'input': another input, or none where the other side has one; 'moved': the same
 * input at another tick; 'state': the same inputs and another state; 'end': one side ends and the other goes on.
 */
export type DifferenceKind = 'same' | 'machine' | 'input' | 'moved' | 'state' | 'end';

/** The first difference. */
export interface Verdict {
  readonly kind: DifferenceKind;
  /** First tick at which it is there; undefined when all is the same. */
  readonly tick: Tick | undefined;
  /**
   * False where the runs themselves cannot be had any more and digests say only that it lies after `after`, at `tick`
   * at the latest.
   */
  readonly exact: boolean;
  /** Last tick known to be alike. */
  readonly after: Tick;
  /** One sentence. */
  readonly text: string;
}

/** Where the runs part in what code sees, and what is there on each side. */
export interface Parted {
  readonly alike: Tick;
  readonly tick: Tick;
  /** Nothing before `tick` was passed over: what comes apart and together again between two looks can be. */
  readonly first: boolean;
  /** Before the step that makes the difference. */
  readonly before: Both<Moment>;
  /** What the step did. */
  readonly made: Both<StepMade>;
  /** At `tick`. */
  readonly at: Both<Moment>;
  readonly registers: readonly RegisterDifference[];
}

export interface FlowParted extends Parted {
  /** The functions each side goes through from `alike` on; empty without symbols. */
  readonly trail: Both<readonly FunctionEntry[]>;
}

/** How a side ended. */
export interface SideEnd {
  readonly tick: Tick;
  /** False: it was not followed further. */
  readonly over: boolean;
  readonly why: string;
  /** Exit code of a guest that has stopped. */
  readonly code: number | undefined;
}

/** What came of the first difference, as far as it was followed. */
export interface Consequences {
  readonly registers: Parted | undefined;
  readonly flow: FlowParted | undefined;
  /** Of machines started from other images: where they first go to another function. */
  readonly functionsParted: FunctionsParted | undefined;
  /** Console lines: the first that differ, and the first that differ in more than numbers. */
  readonly lines: readonly StreamDifference<Said>[];
  readonly linesNumbersAside: readonly StreamDifference<Said>[];
  /** Packets and requests given out, by content. */
  readonly outputs: readonly StreamDifference<Said>[];
  /** Functions that samples met on one side alone. */
  readonly functions: Both<readonly SeenFunction[]>;
  readonly ends: Both<SideEnd>;
  /** The consoles' last lines before the first difference. */
  readonly linesBefore: readonly Said[];
}

/** One thing on the way from the first difference to the first that is seen from outside. */
export interface PathStep {
  readonly tick: Both<Tick | undefined>;
  readonly what: 'machine' | 'input' | 'state' | 'registers' | 'flow' | 'output' | 'line' | 'end';
  readonly text: string;
}

export interface DiffReport {
  readonly sides: Both<SideInfo>;
  readonly verdict: Verdict;
  readonly machine: readonly MachineDifference[];
  /** Of two recordings; undefined for a recording and a replay of it. */
  readonly inputs: InputDifference | undefined;
  readonly digests: DigestComparison | undefined;
  /** Events by content, timing left out. */
  readonly events: readonly StreamDifference<LogRecord>[];
  /** In what the states differ one step after `verdict.after`, at power on for a 'machine'. */
  readonly state: StateDifference | undefined;
  /** At `verdict.after`, and where `state` is taken. Undefined when the runs were not looked at. */
  readonly before: Both<Moment> | undefined;
  readonly moments: Both<Moment> | undefined;
  /** The log's last records up to the verdict's tick. */
  readonly recordsBefore: Both<readonly LogRecord[]>;
  readonly consequences: Consequences | undefined;
  readonly path: readonly PathStep[];
}

export interface SideInfo {
  readonly name: string;
  /** Engine that made it here. */
  readonly engine: string;
  readonly tool: string;
  readonly ticks: Tick;
}
