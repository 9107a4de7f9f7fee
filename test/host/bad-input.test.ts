/** What an operator can get wrong: each has a code, an exit status and one line that says what to do about it. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { openRecording } from '../../src/host/log-file-source.ts';
import type { RecordOptions } from '../../src/host/record-options.ts';
import { tick } from '../../src/lib/brands.ts';
import { UserError } from '../../src/lib/errors.ts';
import { encode } from '../../src/logformat/cbor.ts';
import { encodeFrame } from '../../src/logformat/frame.ts';
import { encodeHeader, type LogHeader } from '../../src/logformat/header.ts';
import { startRecorder } from './recorder-process.ts';
import { MIB, record, replay, sample, testFolder } from './support.ts';

const folder = testFolder();
let files = 0;

function file(bytes: Uint8Array | string): string {
  const path = folder.path(`file-${files++}`);
  writeFileSync(path, bytes);
  return path;
}

/** The error of a recording that cannot be; nothing may be left of it. */
async function refusal(options: Partial<RecordOptions>): Promise<UserError> {
  const output = folder.path(`refused-${files++}.lks`);
  const error = await record('hello', output, options).then(
    ({ outcome }) => outcome.error,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect(existsSync(output)).toBe(false);
  return error as UserError;
}

async function replayRefusal(path: string, options: Parameters<typeof replay>[1] = {}): Promise<UserError> {
  const error: unknown = await replay(path, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

function oneLine(error: UserError, expected: { code: string; exitCode: number }, says: RegExp): void {
  expect(error).toMatchObject(expected);
  expect(error.message).toBe(`${error.what}; ${error.remedy}`);
  expect(error.message).not.toMatch(/[\n\r]|undefined|\[object/);
  expect(error.remedy.length).toBeGreaterThan(5);
  expect(error.message).toMatch(says);
}

/** A sample's ELF with one byte changed. */
function elf(at: number, value: number): string {
  const bytes = Uint8Array.from(readFileSync(sample('hello')));
  bytes[at] = value;
  return file(bytes);
}

const GZIP = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0);

test.each<[string, () => Partial<RecordOptions>, string, RegExp]>([
  ['an empty kernel', () => ({ kernel: file('') }), 'bad-image', /kernel is empty/],
  ['a text as kernel', () => ({ kernel: file('#!/bin/sh\necho no kernel\n') }), 'bad-image', /text, no code/],
  ['a packed kernel', () => ({ kernel: file(GZIP) }), 'bad-image', /cannot be unpacked: unexpected end of file; build/],
  ['an x86 ELF', () => ({ kernel: elf(18, 62) }), 'bad-image', /another architecture \(ELF machine 62/],
  ['a 32-bit RISC-V ELF', () => ({ kernel: elf(4, 1) }), 'bad-image', /not a 64-bit .* ELF/],
  ['a big-endian ELF', () => ({ kernel: elf(5, 2) }), 'bad-image', /not a 64-bit little-endian/],
  ['an object file', () => ({ kernel: elf(16, 1) }), 'bad-image', /not executable \(type 1\)/],
  ['a cut ELF', () => ({ kernel: file(readFileSync(sample('hello')).subarray(0, 100)) }), 'bad-image', /cut after 100/],
  ['a kernel that is not there', () => ({ kernel: folder.path('absent') }), 'missing-image', /no such file/],
  ['a folder as kernel', () => ({ kernel: folder.path('.') }), 'unreadable-image', /it is a folder/],
  ['a bad firmware', () => ({ bios: elf(18, 62) }), 'bad-image', /firmware is for another architecture/],
  ['an initrd that is not there', () => ({ initrd: folder.path('absent') }), 'missing-image', /initrd .*no such file/],
  ['a kernel larger than RAM', () => ({ memoryBytes: 8192 }), 'image-too-large', /RAM.*; give more --memory/],
  ['no memory', () => ({ memoryBytes: 0 }), 'bad-memory', /RAM of 0 bytes is not possible; give --memory/],
  ['too much memory', () => ({ memoryBytes: 2 ** 42 }), 'bad-memory', /not possible; give --memory a multiple/],
  ['memory in part of a page', () => ({ memoryBytes: MIB + 1 }), 'bad-memory', /not possible/],
  ['several harts', () => ({ harts: 2 }), 'bad-harts', /give --harts 1/],
  [
    'half a sector',
    () => drive(file(new Uint8Array(MIB + 100))),
    'bad-drive',
    /1048676 bytes.* whole number of sectors/,
  ],
  ['an empty drive', () => drive(file('')), 'bad-drive', /0 bytes/],
  ['a drive that is not there', () => drive(folder.path('absent')), 'bad-drive', /no such file/],
  ['a folder as drive', () => drive(folder.path('.')), 'bad-drive', /not a regular file/],
])('%s is refused', async (_name, options, code, says) => {
  oneLine(await refusal(options()), { code, exitCode: 2 }, says);
});

const drive = (path: string): Partial<RecordOptions> => ({ drives: [{ path, mode: 'cow' }] });

test.each<[string, () => RecordOptions['nets'][number]['peer'], RegExp]>([
  ['TCP', () => ({ kind: 'tcp', host: '127.0.0.1', port: 1 }), /tcp:127.0.0.1:1: nobody listens there; start the peer/],
  ['a Unix socket', () => ({ kind: 'unix', path: folder.path('absent.sock') }), /absent.sock: no such file; start/],
])('a network peer that refuses on %s is refused', async (_name, peer, says) => {
  const net = peer();
  oneLine(await refusal({ nets: net === undefined ? [] : [{ peer: net }] }), { code: 'net-peer', exitCode: 2 }, says);
});

test.each<[string, () => string, string, number, RegExp]>([
  ['an empty file', () => file(''), 'not-a-recording', 3, /the file is empty; give/],
  ['a text', () => file('[    0.000000] Linux version 6.1\n'), 'not-a-recording', 3, /does not begin with a header/],
  ['another tool’s CBOR', () => file(Uint8Array.of(0xd9, 0xd9, 0xf7, 0xa0)), 'not-a-recording', 3, /header/],
  ['a log of another tool in these frames', () => header({ format: 'rewind' }), 'not-a-recording', 3, /another format/],
  ['a newer major version', () => header({ version: [2, 0] }), 'newer-format', 3, /version 2.0.*; update lockstep/],
  ['a newer minor version', () => header({ version: [1, 999] }), 'newer-format', 3, /version 1.999.*; update/],
  ['a header cut short', () => file(sound().subarray(0, 60)), 'damaged-header', 3, /not whole/],
  ['a header with a wrong byte', () => file(flipped(sound(), 40)), 'damaged-header', 3, /damaged/],
  ['a file that is not there', () => folder.path('absent.lks'), 'no-recording', 2, /no such file; lockstep ls/],
  ['a folder', () => folder.path('.'), 'no-recording', 2, /regular file/],
])('%s is no recording to replay', async (_name, path, code, exitCode, says) => {
  oneLine(await replayRefusal(path()), { code, exitCode }, says);
});

function header(change: { format?: string; version?: number[] }): string {
  const payload = encode({ format: 'lockstep', version: [1, 0], ...change });
  return file(encodeFrame({ kind: 'header', sequence: 0, firstTick: tick(0), payload }, undefined));
}
test.each<[string, Partial<LogHeader>, RegExp]>([
  ['memory without an end', machine({ memory: 2 ** 50 }), /RAM of 1125899906842624 bytes is not possible/],
  ['half a page of memory', machine({ memory: 2048 }), /RAM of 2048 bytes is not possible/],
  ['no hart', machine({ harts: 0 }), /0 harts are not possible/],
  ['a hundred devices', machine({ devices: Array.from({ length: 100 }, () => ({ type: 'entropy' })) }), /8 slots/],
  ['half a MAC address', device({ type: 'net', mac: new Uint8Array(3), mtu: 1500 }), /an address of 3 bytes/],
  ['no MTU', device({ type: 'net', mac: new Uint8Array(6), mtu: 0 }), /an MTU of 0/],
  ['an MTU without an end', device({ type: 'net', mac: new Uint8Array(6), mtu: 65536 }), /an MTU of 65536/],
  ['a part of a sector', device({ type: 'block', size: 513, readOnly: false, serial: '' }), /a drive of 513 bytes/],
  ['digests at no distance', { digestTicks: { small: 0n, all: 1n } }, /digests are 0 ticks apart/],
])('a machine with %s is no recording to replay', async (_name, change, says) => {
  const { header } = openRecording(folder.path('whole.lks')).reader;
  const changed = { ...header, ...change, machine: { ...header.machine, ...change.machine } };
  oneLine(await replayRefusal(file(encodeHeader(changed))), { code: 'damaged-header', exitCode: 3 }, says);
});

function machine(change: LogHeader['machine']): Partial<LogHeader> {
  return { machine: change };
}
function device(only: LogHeader['machine']): Partial<LogHeader> {
  return machine({ devices: [only] });
}
const sound = (): Uint8Array => readFileSync(folder.path('whole.lks'));
beforeAll(async () => void (await record('hello', folder.path('whole.lks'))));
function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[at]! ^= 1;
  return changed;
}

test('a changed image, a missing one and one named wrongly are refused by name', async () => {
  // One byte more: an image that is nowhere else.
  const kernel = file(Buffer.concat([readFileSync(sample('hello')), Buffer.of(1)]));
  const log = folder.path('sound.lks');
  await record('hello', log, { kernel });
  const moved = folder.path('moved');
  renameSync(kernel, moved);
  const missing = { code: 'missing-image', exitCode: 2 };
  oneLine(await replayRefusal(log), missing, /no longer at .*; give it with --kernel FILE/);
  oneLine(await replayRefusal(log, { kernel }), missing, /no such file; name a file .* --kernel/);
  const changed = { code: 'changed-image', exitCode: 2 };
  oneLine(await replayRefusal(log, { kernel: sample('count') }), changed, /is not the one recorded/);
  expect((await replay(log, { kernel: moved })).outcome).toMatchObject({ ending: 'halted', exitCode: 0 });
  writeFileSync(kernel, flipped(readFileSync(moved), 200));
  oneLine(await replayRefusal(log), changed, /SHA-256 .* recorded .*; give the original with --kernel/);
});

test.skipIf(process.getuid?.() === 0)('what may not be read or written is refused', async () => {
  const locked = file(readFileSync(sample('hello')));
  chmodSync(locked, 0);
  oneLine(await refusal({ kernel: locked }), { code: 'unreadable-image', exitCode: 2 }, /permission denied/);
  oneLine(await refusal(drive(locked)), { code: 'bad-drive', exitCode: 2 }, /permission denied/);
  oneLine(await replayRefusal(locked), { code: 'no-recording', exitCode: 2 }, /permission denied/);
  const shut = folder.path('shut');
  mkdirSync(shut, { mode: 0o555 });
  const denied = { code: 'bad-output', exitCode: 2 };
  oneLine(await refusal({ output: `${shut}/a.lks` }), denied, /permission denied; name a file in a folder/);
});

test('a folder as output, and one that is not there, are refused', async () => {
  const taken = await record('hello', folder.path('.')).catch((thrown: unknown) => thrown);
  oneLine(taken as UserError, { code: 'file-exists', exitCode: 2 }, /which is a folder/);
  oneLine(await refusal({ output: folder.path('absent/a.lks') }), { code: 'bad-output', exitCode: 2 }, /no such file/);
});

test('two recorders on one file: the second is refused, the first goes on', async () => {
  const log = folder.path('shared.lks');
  const first = await record('count', log, { append: 'every=1' }, async (ui) => {
    await ui.output.until((text) => text.includes('count 2\n'));
    const second = await record('hello', log).catch((thrown: unknown) => thrown);
    oneLine(second as UserError, { code: 'file-exists', exitCode: 2 }, /being recorded now; name another with -o/);
    ui.end();
  });
  expect((await replay(log)).outcome.totals.ticks).toBe(first.outcome.totals.ticks);
});

test.skipIf(process.platform === 'win32')('a full disk is a loss, told in one line with its remedy', async () => {
  const log = folder.path('full.lks');
  const recorder = startRecorder('count', log, 'every=1', { limitKiB: 8 });
  expect(await recorder.ended).toBe(4);
  expect(recorder.complaints()).toMatch(/^the recording .* cannot be written on: .*; .*free some space.*\n$/);
  expect(openRecording(log).reader.finish().kind).toBe('cut');
});
