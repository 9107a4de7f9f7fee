/** `lockstep log dump`: the records of a log, one by one. */

import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { recordText } from '../../cli/record-text.ts';
import { parseTick } from '../../cli/specs.ts';
import { openRecording } from '../../host/log-file-source.ts';
import { writeOut } from '../../host/ports/stdout.ts';
import { recordingPath } from '../../host/recordings.ts';
import { ExitCode } from '../../lib/errors.ts';
import type { Finish } from '../../logformat/reader.ts';
import { FILE_KINDS, type LogRecord } from '../../logformat/records.ts';

export default class LogDump extends LockstepCommand {
  static override summary = 'Print the records of a recording.';
  static override description =
    'One line a record, in order; with --json one JSON array. Ends with exit code 3 when the recording is cut.';
  static override examples = [
    {
      description: 'What went in during a stretch.',
      command: '<%= config.bin %> log dump --from 1000000 --to 2000000',
    },
    { description: 'Only what was typed, as JSON.', command: '<%= config.bin %> log dump --kind console --json' },
  ];
  static override args = { file: Args.string({ description: 'recording; the latest when left out', name: 'FILE' }) };
  static override flags = {
    from: Flags.string({ summary: 'first tick', helpValue: 'TICK' }),
    to: Flags.string({ summary: 'last tick', helpValue: 'TICK' }),
    kind: Flags.option({
      options: FILE_KINDS,
      summary: 'only this kind; may be repeated',
      multiple: true,
      multipleNonGreedy: true,
    })(),
  };

  /** Writes as it reads, since a recording can hold millions of records; so `--json` is written here too. */
  async run(): Promise<void> {
    const { args, flags } = await this.parse(LogDump);
    const from = flags.from === undefined ? 0n : parseTick('--from', flags.from);
    const to = flags.to === undefined ? undefined : parseTick('--to', flags.to);
    const kinds = flags.kind === undefined ? undefined : new Set(flags.kind);
    const json = this.jsonEnabled();
    const recording = openRecording(recordingPath(args.file));
    try {
      let first = true;
      const show = async (record: LogRecord): Promise<void> => {
        const text = json
          ? `${first ? '[' : ','}\n${JSON.stringify(this.toSuccessJson(record))}`
          : `${recordText(record)}\n`;
        first = false;
        await writeOut(text);
      };
      const finish = await walk(recording.reader.records(), from, to, kinds, show);
      if (json) await writeOut(first ? '[]\n' : '\n]\n');
      if (finish?.kind === 'cut') {
        process.stderr.write(`lockstep: the recording is cut at byte ${finish.offset}: ${finish.reason}\n`);
        this.finish(ExitCode.badLog);
      }
    } finally {
      recording.close();
    }
  }
}

/** Undefined when `to` ended the walk. */
async function walk(
  records: Generator<LogRecord, Finish>,
  from: bigint,
  to: bigint | undefined,
  kinds: ReadonlySet<LogRecord['kind']> | undefined,
  show: (record: LogRecord) => Promise<void>,
): Promise<Finish | undefined> {
  for (;;) {
    const step = records.next();
    if (step.done === true) return step.value;
    const record = step.value;
    if (to !== undefined && record.tick > to) return undefined;
    if (record.tick >= from && (kinds === undefined || kinds.has(record.kind))) await show(record);
  }
}
