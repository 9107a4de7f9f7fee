/** Recordings that are being made: no command harms one, and its recorder notices when others do. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { indexRecording } from '../../src/host/index-recording.ts';
import { LogFileSink } from '../../src/host/log-file-sink.ts';
import { openRecording } from '../../src/host/log-file-source.ts';
import { packRecording, repairRecording } from '../../src/host/rewrite-recording.ts';
import { zstd } from '../../src/host/zstd.ts';
import { tick } from '../../src/lib/brands.ts';
import type { LogRecord } from '../../src/logformat/records.ts';
import { LogWriter } from '../../src/logformat/writer.ts';
import { header, read } from '../logformat/support.ts';
import { record, replay, type TestUi, testFolder } from './support.ts';

const folder = testFolder();
let path = '';
beforeEach(({ task }) => {
  mkdirSync(folder.path(task.id));
  path = `${folder.path(task.id)}/guest.lks`;
  process.env.XDG_RUNTIME_DIR = folder.path('run');
});

/** A guest that is recorded and can be found, while `during` goes on. */
const recorded = (during: () => Promise<void>) =>
  record('count', path, { append: 'every=1', foundBy: {} }, async (ui: TestUi) => {
    await ui.output.until((text) => text.includes('count 5\n'));
    try {
      await during();
    } finally {
      ui.end();
    }
  });

const index = (file: string) => indexRecording({ file, spacing: 'auto', engine: 'interpreter' });
const refused = (code: string) => expect.objectContaining({ name: 'UserError', code });

test('repair, pack in place and index leave a recording alone while a guest is recorded in it', async () => {
  const { outcome } = await recorded(async () => {
    for (const change of [repairRecording, (file: string) => packRecording(file, undefined, {}), index]) {
      await expect(change(path)).rejects.toEqual(refused('being-recorded'));
      await expect(change(path)).rejects.toThrow(
        /the guest guest \(process \d+\) .*; wait .* lockstep pack .* -o COPY/,
      );
    }
  });
  expect(outcome.recording).toBe(path);
  expect(readdirSync(dirname(path))).toEqual(['guest.lks']);
  const again = await replay(path);
  expect(again.outcome).toMatchObject({ exitCode: 0, totals: { ticks: outcome.totals.ticks } });
});

test('a copy of it has what there is, replays, and says that more may come', async () => {
  const copy = `${path}.copy`;
  const { text } = await recorded(async () => {
    const packed = await packRecording(path, copy, {});
    expect(packed.cut).toMatch(/is being made: the guest guest \(process \d+\)/);
  });
  const again = await replay(copy);
  expect(again.outcome).toMatchObject({ ending: 'stopped', exitCode: 0 });
  expect(text.startsWith(again.text)).toBe(true);
  expect((await packRecording(path, `${path}.whole`, {})).cut).toBeUndefined();
});

test('it is found under whatever name it has; moved away it is whole where it is, and that is said', async () => {
  const moved = `${path}.moved`;
  const { outcome, notices } = await recorded(async () => {
    renameSync(path, moved);
    writeFileSync(path, 'something else');
    await expect(repairRecording(moved)).rejects.toEqual(refused('being-recorded'));
  });
  expect(outcome).toMatchObject({ ending: 'stopped', exitCode: 130 });
  expect(outcome.recording).toBeUndefined();
  expect(notices).toContainEqual(expect.stringMatching(/not at .*guest\.lks any more: it was moved/));
  expect(readFileSync(path, 'utf8')).toBe('something else');
  expect((await replay(moved)).outcome.totals.ticks).toBe(outcome.totals.ticks);
});

test('a recorder whose file was replaced tells of a loss, and names no recording', async () => {
  const { outcome } = await recorded(async () => {
    writeFileSync(`${path}.new`, 'something else');
    renameSync(`${path}.new`, path);
  });
  expect(outcome).toMatchObject({ exitCode: 4, error: { code: 'recording-lost' } });
  expect(outcome.error?.message).toMatch(/was removed or replaced while it was made, and is lost/);
  expect(outcome.recording).toBeUndefined();
  expect(readFileSync(path, 'utf8')).toBe('something else');
});

const line = (i: number): LogRecord => ({ kind: 'nondet', tick: tick(i), source: 1, value: BigInt(i) });
const END = { ticks: tick(9), time: 0n, elapsedNs: 0n, digest: undefined, halt: undefined, repaired: false };

/** A recorder that no command sees: another user's. */
function stranger(): { write(i: number): void; close(): void } {
  const sink = LogFileSink.create(path);
  const log = new LogWriter(sink, zstd, header);
  const write = (i: number): void => {
    log.append(line(i));
    log.flush();
  };
  const close = (): void => {
    log.close(END);
    sink.sync();
    sink.close();
  };
  return { write, close };
}

const contents = () => {
  const recording = openRecording(path);
  try {
    return read(recording.reader);
  } finally {
    recording.close();
  }
};

test('one that a recorder goes on writing, which nobody sees, is not repaired', async () => {
  const recorder = stranger();
  recorder.write(1);
  const repairing = repairRecording(path);
  recorder.write(2);
  await expect(repairing).rejects.toEqual(refused('being-recorded'));
  recorder.close();
  expect(contents()).toMatchObject({ records: [line(1), line(2)], finish: { kind: 'end' } });
});

test('one whose recorder nobody sees, and that is quiet for long, loses nothing by a repair', async () => {
  const recorder = stranger();
  recorder.write(1);
  expect((await repairRecording(path)).droppedBytes).toBe(0);
  expect(contents()).toMatchObject({ records: [line(1)], finish: { kind: 'end', end: { repaired: true } } });
  recorder.write(2);
  expect(contents().records).toEqual([line(1), line(2)]);
  recorder.close();
  expect(contents()).toMatchObject({ records: [line(1), line(2)], finish: { kind: 'end', end: { repaired: false } } });
});

test('a recording that is cut or damaged is changed in place by a repair alone', async () => {
  const recorder = stranger();
  for (const i of [1, 2, 3]) recorder.write(i);
  recorder.close();
  const whole = readFileSync(path);
  const damaged = Buffer.from(whole);
  damaged[openRecording(path).reader.index()[2]!.offset + 10]! ^= 1;
  writeFileSync(path, damaged);
  await expect(packRecording(path, undefined, 'strip')).rejects.toEqual(refused('damaged-recording'));
  expect(readFileSync(path).equals(damaged)).toBe(true);
  writeFileSync(path, whole);
  truncateSync(path, statSync(path).size - 1);
  await expect(packRecording(path, undefined, 'strip')).rejects.toThrow(/has no end; .* lockstep log repair/);
  await expect(index(path)).rejects.toThrow(/has no end; .* lockstep log repair/);
  expect(readdirSync(dirname(path))).toEqual(['guest.lks']);
  expect((await packRecording(path, `${path}.copy`, 'strip')).cut).toMatch(/is cut/);
  await repairRecording(path);
  await packRecording(path, undefined, 'strip');
  expect(contents()).toMatchObject({ records: [line(1), line(2), line(3)], finish: { kind: 'end' } });
  rmSync(path);
});
