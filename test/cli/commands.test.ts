/** The commands from the outside: what they print where, and the documented exit codes. */

import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, lockstep, sample } from './cli.ts';

const HELLO = 'hello from the guest\r\n';
const at = (name: string): string => join(folder, name);
const oneLine = (text: string): boolean => text.trimEnd().split('\n').length === 1;

describe('record, replay and what comes after', () => {
  it('records into the default folder, and every command takes the latest recording', async () => {
    const recorded = await lockstep('record', '--kernel', sample('hello'));
    expect(recorded).toMatchObject({ status: 0, stdout: HELLO });
    expect(recorded.stderr).toContain('hello-0001.lks');

    const replayed = await lockstep('replay');
    expect(replayed).toMatchObject({ status: 0, stdout: HELLO });
    expect(replayed.stderr).toContain('everything agreed');

    const verified = await lockstep('replay', '--verify', '--json');
    expect(JSON.parse(verified.stdout)).toMatchObject({ ending: 'halted', exitCode: 0, totals: { consoleBytes: 22 } });

    const listed = JSON.parse((await lockstep('ls', '--json')).stdout);
    expect(listed).toMatchObject([{ name: 'hello-0001.lks', state: 'powered off' }]);

    const info = JSON.parse((await lockstep('log', 'info', '--json')).stdout);
    expect(info).toMatchObject({ ticks: listed[0].ticks, events: { output: 1 }, sizeBytes: listed[0].sizeBytes });
    expect((await lockstep('log', 'info')).stdout).toMatch(/kernel hello\.elf/);

    const dumped = JSON.parse((await lockstep('log', 'dump', '--json', '--kind', 'output')).stdout);
    expect(dumped).toMatchObject([{ kind: 'output', device: 'uart', length: 22 }]);
    expect((await lockstep('log', 'verify')).stdout).toContain('whole');
  });

  it('keeps the end of a recording, by time or size, without checkpoints between', async () => {
    const keep = (...how: readonly string[]) => lockstep('record', '--kernel', sample('hello'), '-o', 'k.lks', ...how);
    expect(await keep('--keep', '10m')).toMatchObject({ status: 2, stderr: expect.stringContaining('10min') });
    expect((await keep('--keep', '10s', '--checkpoint-every', 'auto')).status).toBe(2);
    expect(await keep('--keep', '10s')).toMatchObject({ status: 0, stdout: HELLO });
    expect(await lockstep('replay', 'k.lks')).toMatchObject({ status: 0, stdout: HELLO });
  });

  it('tells which engines made the steps, all of them together', async () => {
    const shares = async (name: string, ...how: readonly string[]): Promise<Record<string, number>> => {
      const file = `${name}-${how.at(-1) ?? 'auto'}.lks`;
      await lockstep('record', '--kernel', sample(name), '-o', file, ...how);
      const { ticks, end } = JSON.parse((await lockstep('log', 'info', file, '--json')).stdout);
      const made = end.engineTicks as Record<string, number>;
      expect(Object.values(made).reduce((sum, steps) => sum + steps, 0)).toBe(ticks);
      expect((await lockstep('log', 'info', file)).stdout).toMatch(/^engines .*\d+\.\d %$/m);
      return Object.fromEntries(Object.entries(made).map(([name, steps]) => [name, steps / ticks]));
    };
    expect(await shares('hello', '--engine', 'interpreter')).toEqual({ interpreter: 1 });
    const { translator = 0, interpreter = 0 } = await shares('race');
    expect(translator).toBeGreaterThan(interpreter);
  });

  it('gives the guest failure as exit code 1 when it happens and 0 when it is replayed as recorded', async () => {
    const made = await lockstep('record', '--kernel', sample('disk'), '--console', 'none', '-o', 'failing.lks');
    expect(made.status).toBe(1);
    expect((await lockstep('replay', 'failing.lks', '--verify')).status).toBe(0);
  });

  it('says at which tick and where a replay diverged, with exit code 1', async () => {
    await lockstep('record', '--kernel', sample('hello'), '-o', 'fault.lks');
    const diverged = await lockstep('replay', 'fault.lks', '--verify', '--inject-fault', '100');
    expect(diverged.status).toBe(1);
    for (const word of ['diverged', 'tick', 'expected', 'found', 'meaning', 'finish']) {
      expect(diverged.stderr).toContain(word);
    }
  });

  it('replays a cut recording as far as it goes, says so, and repairs it', async () => {
    await lockstep('record', '--kernel', sample('hello'), '-o', 'whole.lks');
    copyFileSync(at('whole.lks'), at('cut.lks'));
    truncateSync(at('cut.lks'), statSync(at('cut.lks')).size - 3);
    expect(await lockstep('log', 'verify', 'cut.lks')).toMatchObject({ status: 3 });
    const replayed = await lockstep('replay', 'cut.lks');
    expect(replayed.status).toBe(0);
    expect(replayed.stderr).toContain('no sound end');
    expect((await lockstep('log', 'repair', 'cut.lks')).status).toBe(0);
    expect((await lockstep('log', 'verify', 'cut.lks')).status).toBe(0);
  });

  it('replays a damaged recording as far as it is sound, and ends with 3, also where nothing is behind', async () => {
    await lockstep('record', '--kernel', sample('race'), '--digest-every', '1000000', '-o', 'sound.lks');
    const bytes = readFileSync(at('sound.lks'));
    bytes[bytes.length >> 1]! ^= 4;
    writeFileSync(at('flipped.lks'), bytes);
    let sound = '0';
    for (const how of [['--verify'], ['--verify', '--json'], []]) {
      const ran = await lockstep('replay', 'flipped.lks', ...how);
      expect(ran.status).toBe(3);
      expect(ran.stderr).toMatch(/what is sound agreed: .*\n.*flipped\.lks is damaged at byte \d+: .*; .*log repair/);
      expect(ran.stderr).not.toContain('everything agreed');
      if (how[1] === undefined) continue;
      const outcome = JSON.parse(ran.stdout);
      expect(outcome).toMatchObject({ ending: 'damaged', error: { code: 'damaged-recording' } });
      sound = String(outcome.totals.ticks);
    }
    // How much is written before the byte in the middle is the host's.
    expect(await lockstep('replay', 'flipped.lks', '--verify', '--until', sound)).toMatchObject({ status: 0 });
  });

  it('packs images inside, replays without them, and strips them again to the same bytes', async () => {
    // One byte more: an image that is nowhere else.
    writeFileSync(at('kernel.elf'), Buffer.concat([readFileSync(sample('hello')), Buffer.of(1)]));
    await lockstep('record', '--kernel', 'kernel.elf', '-o', 'plain.lks');
    expect((await lockstep('pack', 'plain.lks', '-o', 'packed.lks')).stdout).toContain('kernel inside');
    writeFileSync(at('kernel.elf'), 'something else');
    expect(await lockstep('replay', 'plain.lks')).toMatchObject({ status: 2 });
    expect(await lockstep('replay', 'packed.lks')).toMatchObject({ status: 0, stdout: HELLO });
    await lockstep('pack', 'packed.lks', '--strip');
    expect(readFileSync(at('packed.lks')).equals(readFileSync(at('plain.lks')))).toBe(true);
  });

  it('goes on live from a tick into a recording that replays from the start', async () => {
    await lockstep('record', '--kernel', sample('race'), '-o', 'history.lks');
    const live = await lockstep('replay', 'history.lks', '--until', '5000000', '--live', '-o', 'branch.lks');
    expect([0, 1]).toContain(live.status);
    expect(await lockstep('replay', 'branch.lks', '--verify')).toMatchObject({ status: 0 });
  });

  it('takes machine flags from a JSON file, paths relative to it, flags beside it winning', async () => {
    copyFileSync(sample('hello'), at('beside.elf'));
    writeFileSync(at('machine.json'), JSON.stringify({ kernel: 'beside.elf', memory: '64M', console: 'none' }));
    expect(await lockstep('run', '--machine', 'machine.json')).toMatchObject({ status: 0, stdout: '' });
    const ran = await lockstep('run', '--machine', 'machine.json', '--console', 'stdio');
    expect(ran).toMatchObject({ status: 0, stdout: HELLO });
  });
});

describe('a mistake is told in one line, with the remedy and the documented exit code', () => {
  writeFileSync(at('empty'), '');
  writeFileSync(at('text'), 'not a recording, not a kernel');
  writeFileSync(at('bad.json'), '{ "kernal": "x" }');
  const kernel = ['--kernel', sample('hello')];
  const table: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ['a word that is no command', ['rn'], 2, /no command rn; see: lockstep --help$/m],
    ['a word that is no command of a topic', ['log', 'foo'], 2, /no command log foo; see: lockstep log --help$/m],
    ['a kernel without its flag', ['run', 'text'], 2, /name the file with: lockstep run --kernel text$/m],
    ['help on what is not there', ['help', 'foo'], 2, /foo/],
    ['no image', ['record'], 2, /neither kernel nor firmware/],
    ['a kernel that is not there', ['record', '--kernel', 'none.elf'], 2, /cannot read the kernel none\.elf|none\.elf/],
    ['a flag that is not there', ['record', '--kernle', 'x'], 2, /--kernle/],
    ['a size that is none', ['run', ...kernel, '--memory', 'lots'], 2, /--memory lots/],
    ['more memory than there can be', ['run', ...kernel, '--memory', '9G'], 2, /memory|RAM/i],
    ['two harts', ['run', ...kernel, '--harts', '2'], 2, /hart/],
    ['a clock that is none', ['run', ...kernel, '--clock', 'moon'], 2, /clock/],
    ['a drive that is not there', ['run', ...kernel, '--drive', 'none.img'], 2, /none\.img/],
    ['a drive mode that is none', ['run', ...kernel, '--drive', 'text,mode=x'], 2, /mode/],
    ['a network that is none', ['run', ...kernel, '--net', 'tap0'], 2, /--net tap0/],
    ['a machine file that is not there', ['run', '--machine', 'none.json'], 2, /none\.json: .*no such file/],
    ['an unknown word in a machine file', ['run', '--machine', 'bad.json'], 2, /kernal/],
    ['a recording that is not there', ['replay', 'none.lks'], 2, /none\.lks/],
    ['an empty recording', ['replay', 'empty'], 3, /empty/],
    ['a file of another kind', ['log', 'info', 'text'], 3, /recording/],
    ['a console for a replay', ['replay', 'text', '--console', 'none'], 2, /--live .* --console|--console.*--live/],
    ['a drive for a replay', ['replay', 'text', '--drive', 'text'], 2, /--live .* --drive|--drive.*--live/],
    ['a tick that is none', ['replay', 'text', '--until', 'noon'], 2, /--until noon/],
  ];
  for (const [what, args, status, says] of table) {
    it(what, async () => {
      const ran = await lockstep(...args);
      expect(ran.stderr).toMatch(says);
      expect(ran.stderr).not.toContain('    at ');
      expect({ status: ran.status, oneLine: oneLine(ran.stderr), stdout: ran.stdout }).toEqual({
        status,
        oneLine: true,
        stdout: '',
      });
    });
  }

  it('and as JSON when that was asked for', async () => {
    const ran = await lockstep('replay', 'empty', '--json');
    expect(ran.status).toBe(3);
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: { remedy: expect.any(String) }, exitCode: 3 });
    const none = await lockstep('rn', '--json');
    expect(none).toMatchObject({ status: 2, stderr: '' });
    expect(JSON.parse(none.stdout)).toMatchObject({ error: { code: 'usage' }, exitCode: 2 });
  });
});

it('help and version are found by the words and letters that one tries first', async () => {
  const asked = await lockstep('log', 'info', '--help');
  expect(asked).toMatchObject({ status: 0, stdout: expect.stringContaining('$ lockstep log info') });
  expect(await lockstep('log', 'info', '-h')).toEqual(asked);
  expect(await lockstep('help', 'log', 'info')).toEqual(asked);
  expect(await lockstep('-v')).toEqual(await lockstep('--version'));
});
