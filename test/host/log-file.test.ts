import { appendFileSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LogFileSink } from '../../src/host/log-file-sink.ts';
import { LogFileSource, openRecording } from '../../src/host/log-file-source.ts';
import { zstd } from '../../src/host/zstd.ts';
import { testFolder } from './support.ts';

const folder = testFolder();

test('what is written is in the file at once, and read back at any place', () => {
  const path = folder.path('a.lks');
  const sink = LogFileSink.create(path);
  sink.write(Uint8Array.of(1, 2, 3));
  sink.write(Uint8Array.of(4, 5));
  expect([...readFileSync(path)]).toEqual([1, 2, 3, 4, 5]);
  sink.sync();
  sink.close();
  const source = new LogFileSource(path);
  expect(source.size).toBe(5);
  expect([...source.read(1, 3)]).toEqual([2, 3, 4]);
  expect([...source.read(4, 10)]).toEqual([5]);
  expect([...source.read(9, 1)]).toEqual([]);
  source.close();
});

test('a file that exists is refused, or passed over for the next name', () => {
  const taken = folder.path('taken.lks');
  writeFileSync(taken, 'mine');
  expect(() => LogFileSink.create(taken)).toThrow(/exists already.*; name another with -o FILE/);
  expect(() => LogFileSink.create(folder.path('.'))).toThrow(/cannot be .*, which is a folder; name a file in it/);
  const sink = LogFileSink.createFirst([folder.path('.'), taken, folder.path('free.lks')]);
  expect(sink.path).toBe(folder.path('free.lks'));
  sink.write(Uint8Array.of(0));
  sink.close();
  expect(readFileSync(taken, 'utf8')).toBe('mine');
});

test('a write that fails is what is told, also where the file cannot be cut back', () => {
  const path = written('read-only.lks', 'mine');
  const sink = new LogFileSink(path, openSync(path, 'r'));
  expect(() => sink.write(Uint8Array.of(1))).toThrow(
    expect.objectContaining({ code: 'storage-lost', exitCode: 4, message: expect.stringContaining('be written on') }),
  );
  sink.close();
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

test('what others have added behind it is not the recording’s', () => {
  const path = folder.path('longer.lks');
  const sink = LogFileSink.create(path);
  sink.write(Uint8Array.of(1, 2, 3));
  appendFileSync(path, 'an end that somebody else has given it');
  sink.write(Uint8Array.of(4));
  sink.sync();
  sink.close();
  expect([...readFileSync(path)]).toEqual([1, 2, 3, 4]);
});

test('what has taken the place of a file is not removed with it', () => {
  const path = folder.path('replaced.lks');
  const sink = LogFileSink.create(path);
  rmSync(path);
  writeFileSync(path, 'mine');
  sink.close();
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

test('a sink that nothing was written to leaves no file', () => {
  const path = folder.path('empty.lks');
  LogFileSink.create(path).close();
  expect(existsSync(path)).toBe(false);
});

test('a folder that does not exist is named', () => {
  const make = (): LogFileSink => LogFileSink.create(folder.path('absent/a.lks'));
  expect(make).toThrow(expect.objectContaining({ code: 'bad-output', exitCode: 2 }));
});

test.each([
  ['no such file', () => folder.path('absent.lks'), 'no-recording', 2],
  ['a folder', () => folder.path('.'), 'no-recording', 2],
  ['an empty file', () => written('nothing.lks', ''), 'not-a-recording', 3],
  ['another tool’s log', () => written('other.lks', '[    0.000000] Linux version 6'), 'not-a-recording', 3],
] as const)('%s is no recording', (_name, path, code, exitCode) => {
  expect(() => openRecording(path())).toThrow(expect.objectContaining({ code, exitCode }));
});

function written(name: string, text: string): string {
  const path = folder.path(name);
  writeFileSync(path, text);
  return path;
}

test('zstd gives back what it packed, and refuses what is damaged or unpacks to too much', () => {
  const bytes = new Uint8Array(10_000).map((_, i) => i % 7);
  const packed = zstd.compress(bytes);
  expect(packed.length).toBeLessThan(200);
  expect(Buffer.compare(zstd.decompress(packed, 10_000), bytes)).toBe(0);
  expect(() => zstd.decompress(packed, 9_999)).toThrow();
  expect(() => zstd.decompress(packed.slice(1), 10_000)).toThrow();
});
