/** `lockstep ls`: the recordings of the default folder. */

import { LockstepCommand } from '../cli/command.ts';
import { bytes, columns, count, seconds } from '../cli/text.ts';
import { Recorders } from '../host/being-recorded.ts';
import { stampAt } from '../host/file-stamp.ts';
import { openRecording } from '../host/log-file-source.ts';
import { listRecordings, recordingsFolder } from '../host/recordings.ts';
import { UserError } from '../lib/errors.ts';

interface Listed {
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly writtenMs: number;
  /** Absent when the recording is cut or damaged. */
  readonly ticks?: bigint;
  readonly elapsedNs?: bigint;
  readonly state: string;
}

export default class Ls extends LockstepCommand {
  static override summary = 'List the recordings in the default folder, the latest last.';
  static override examples = [
    { description: 'See what there is; the last is what other commands take.', command: '<%= config.bin %> ls' },
  ];

  async run(): Promise<readonly Listed[]> {
    await this.parse(Ls);
    const files = listRecordings().map((file) => ({ ...file, ...stateOf(file.path) }));
    const recorders = files.some(({ state }) => state === CUT) ? await Recorders.see() : undefined;
    const listed = files.map((file) => {
      const guest = file.state === CUT ? recorders?.of(stampAt(file.path)) : undefined;
      return guest === undefined ? file : { ...file, state: `recorded now: ${guest.pair}` };
    });
    if (listed.length === 0) this.logToStderr(`lockstep: no recordings in ${recordingsFolder()}`);
    else {
      const rows = listed.map(({ name, sizeBytes, writtenMs, ticks, elapsedNs, state }) => [
        name,
        new Date(writtenMs).toISOString().slice(0, 19).replace('T', ' '),
        ticks === undefined ? '' : count(ticks),
        elapsedNs === undefined ? '' : seconds(Number(elapsedNs) / 1e9),
        bytes(sizeBytes),
        state,
      ]);
      this.log(columns([['NAME', 'WRITTEN (UTC)', 'TICKS', 'HOST TIME', 'SIZE', 'END'], ...rows], [2, 3, 4]));
    }
    return listed;
  }
}

const CUT = 'cut';

function stateOf(path: string): Pick<Listed, 'ticks' | 'elapsedNs' | 'state'> {
  try {
    const recording = openRecording(path);
    try {
      const end = recording.reader.end()?.end;
      if (end === undefined) return { state: CUT };
      const { ticks, elapsedNs, halt } = end;
      const state = halt === undefined ? 'stopped' : halt.code === 0 ? 'powered off' : `failed with code ${halt.code}`;
      return { ticks, elapsedNs, state: end.repaired ? 'repaired' : state };
    } finally {
      recording.close();
    }
  } catch (error) {
    if (error instanceof UserError) return { state: error.code };
    throw error;
  }
}
