import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { ConsoleFile } from '../../../src/host/ports/console-file.ts';
import { ConsolePipe } from '../../../src/host/ports/console-pipe.ts';
import { ConsoleTerminal, type TerminalInput } from '../../../src/host/ports/console-terminal.ts';
import { EscapeKeys } from '../../../src/host/ports/escape-keys.ts';
import { TestInbox } from './inbox.ts';

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const says = (s: string) => ({ kind: 'console', device: 'uart', bytes: text(s) }) as const;

test.each([
  ['plain', ['abc'], 'abc', []],
  ['quit', ['ab\x01xcd'], 'abcd', ['quit']],
  ['help, in two reads', ['a\x01', 'hb'], 'ab', ['help']],
  ['a Ctrl-A for the guest', ['\x01\x01\x01a'], '\x01\x01', []],
  ['an unknown key is dropped', ['\x01zq'], 'q', []],
] as const)('escape keys: %s', (_name, reads, forGuest, commands) => {
  const keys = new EscapeKeys();
  const results = reads.map((read) => keys.typed(text(read)));
  expect(results.map((result) => Buffer.from(result.forGuest).toString()).join('')).toBe(forGuest);
  expect(results.flatMap((result) => result.commands)).toEqual(commands);
});

test('a pipe feeds the guest as bytes come, and its end means nothing', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const inbox = new TestInbox();
  const port = new ConsolePipe('uart', input, output);
  await port.open(inbox);
  input.write('hello\n');
  await inbox.until(() => inbox.typed === 'hello\n');
  input.end();
  port.take(says('out'));
  await port.close();
  expect(String(output.read())).toBe('out');
  expect(inbox).toMatchObject({ quits: 0, failures: [] });
});

test('a pipe is not read while the guest is behind', async () => {
  const input = new PassThrough();
  const inbox = new TestInbox();
  inbox.congested = true;
  const port = new ConsolePipe('uart', input, new PassThrough());
  await port.open(inbox);
  input.write('a');
  await inbox.until(() => inbox.typed === 'a');
  input.write('b');
  await new Promise((done) => setTimeout(done, 20));
  expect(inbox.typed).toBe('a');
  inbox.clear();
  await inbox.until(() => inbox.typed === 'ab');
  await port.close();
});

test('a slow reader of the output holds the caller, and everything arrives', async () => {
  const taken: Buffer[] = [];
  const pending: (() => void)[] = [];
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      taken.push(chunk);
      pending.push(done);
    },
  });
  const port = new ConsolePipe('uart', undefined, output);
  await port.open(new TestInbox());
  expect(port.take(says('a'))).toBeUndefined();
  const hold = port.take(says('b'.repeat(2 << 20)));
  expect(hold).toBeInstanceOf(Promise);
  const release = setInterval(() => pending.shift()?.(), 1);
  await hold;
  await port.close();
  clearInterval(release);
  expect(Buffer.concat(taken).length).toBe((2 << 20) + 1);
});

test('a reader of the output that leaves ends the run', async () => {
  const output = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
  });
  const inbox = new TestInbox();
  const port = new ConsolePipe('uart', undefined, output);
  await port.open(inbox);
  port.take(says('a'));
  await inbox.until(() => inbox.failures.length > 0);
  expect(inbox.failures[0]).toMatchObject({ code: 'console-closed', exitCode: 4 });
  expect(port.take(says('b'))).toBeUndefined();
  await port.close();
});

/** A terminal's input that remembers its mode. */
function fakeTerminal(): TerminalInput & PassThrough {
  const stream = new PassThrough();
  const terminal = Object.assign(stream, {
    isTTY: true,
    isRaw: false,
    setRawMode: (raw: boolean) => Object.assign(stream, { isRaw: raw }),
  });
  return terminal as unknown as TerminalInput & PassThrough;
}

test('a terminal is raw while the guest runs, obeys Ctrl-A x, and is put back', async () => {
  const terminal = fakeTerminal();
  const listeners = process.listenerCount('exit');
  const inbox = new TestInbox();
  const port = new ConsoleTerminal('uart', terminal, new PassThrough());
  await port.open(inbox);
  expect(terminal.isRaw).toBe(true);
  expect(process.listenerCount('exit')).toBe(listeners + 1);
  terminal.write('ls\x03\x01x');
  await inbox.until(() => inbox.quits === 1);
  expect(inbox.typed).toBe('ls\x03');
  await port.close();
  await port.close();
  expect(terminal.isRaw).toBe(false);
  expect(process.listenerCount('exit')).toBe(listeners);
});

test('a console file holds what the guest said, and one that cannot be made is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-console-'));
  try {
    const path = join(folder, 'out.txt');
    const port = new ConsoleFile('virtio3', path);
    await port.open(new TestInbox());
    port.take(says('one '));
    port.take(says('two'));
    await port.close();
    expect(readFileSync(path, 'utf8')).toBe('one two');
    const bad = new ConsoleFile('virtio3', join(folder, 'absent', 'out.txt'));
    await expect(bad.open(new TestInbox())).rejects.toMatchObject({ code: 'console-file', exitCode: 2 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.skipIf(process.platform !== 'linux')('a full disk under a console file ends the run', async () => {
  const inbox = new TestInbox();
  const port = new ConsoleFile('uart', '/dev/full');
  await port.open(inbox);
  port.take(says('a'));
  await port.close();
  expect(inbox.failures[0]).toMatchObject({ code: 'console-file', exitCode: 4 });
});

test.each([
  ['on a terminal what follows begins a line of its own', true, 'login: ', 'login: \r\n'],
  ['a line that is whole is left as it is', true, 'bye\r\n', 'bye\r\n'],
  ['nothing is added to a file', false, 'login: ', 'login: '],
])('%s', async (_name, isTTY, said, shown) => {
  const output = Object.assign(new PassThrough(), { isTTY });
  const port = new ConsoleTerminal('uart', fakeTerminal(), output);
  await port.open(new TestInbox());
  port.take(says('first\n'));
  port.take(says(said));
  await port.close();
  expect(String(output.read())).toBe(`first\n${shown}`);
});
