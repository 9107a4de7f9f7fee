import { describe, expect, it } from 'vitest';
import { digestTicksOf } from '../../src/cli/digest-every.ts';
import { pairOptions, pairWords } from '../../src/cli/ft-flags.ts';
import { foundBy, requireName } from '../../src/cli/guest-name.ts';
import { parseKept } from '../../src/cli/kept.ts';
import { progressText } from '../../src/cli/progress.ts';
import { parseConsole, parseDrive, parseEntropy, parseNet, parseSize, parseTick } from '../../src/cli/specs.ts';
import { bytes, columns, seconds } from '../../src/cli/text.ts';
import type { Kept } from '../../src/host/record-options.ts';
import { UserError } from '../../src/lib/errors.ts';

describe('flag values', () => {
  it('sizes have binary units, MiB when none is given', () => {
    expect(['256M', '2G', '512K', '64', '1GiB'].map((text) => parseSize('--memory', text))).toEqual([
      256 * 2 ** 20,
      2 ** 31,
      512 * 1024,
      64 * 2 ** 20,
      2 ** 30,
    ]);
    for (const text of ['', '0', '-1', '1T', 'M', '1.5G']) expect(() => parseSize('--memory', text)).toThrow(UserError);
  });
  it('what is kept is a time or a size, with its unit', () => {
    const seconds = (count: number): Kept => ({ by: 'time', ns: BigInt(count) * 1_000_000_000n });
    expect(['90s', '10min', '2h'].map((text) => parseKept('--keep', text))).toEqual([90, 600, 7200].map(seconds));
    expect(parseKept('--keep', '64K')).toEqual({ by: 'bytes', bytes: 65536 });
    expect(parseKept('--keep', '1G')).toEqual({ by: 'bytes', bytes: 2 ** 30 });
    for (const text of ['', '0s', '10', '10m', '10m5', '-1s', '63K', '0G', '1.5h', '1d']) {
      expect(() => parseKept('--keep', text), text).toThrow(UserError);
    }
  });
  it('ticks may be written with separators', () => {
    expect(parseTick('--until', '1,200_000')).toBe(1200000n);
    for (const text of ['', '-1', '0x10', '1e6']) expect(() => parseTick('--until', text)).toThrow(UserError);
  });
  it('digests are a step apart or more', () => {
    expect(digestTicksOf('32')).toEqual({ all: 32n, small: 2n });
    expect(digestTicksOf('1')).toEqual({ all: 1n, small: 1n });
    expect(() => digestTicksOf('0')).toThrow(UserError);
  });
  it('names are those of a folder', () => {
    expect(requireName('--name', 'web.1')).toBe('web.1');
    for (const name of ['', '.', '..']) expect(() => requireName('--name', name)).toThrow(UserError);
    const pair = { name: '..', arbiter: 'file:/x' };
    expect(() => pairOptions(pair, '1')).toThrow('--name .. is no name');
    expect(() => pairWords('guest', { as: '.', arbiter: 'file:/x' })).toThrow('--as . is no name');
    expect(() => foundBy('..')).toThrow(UserError);
  });
  it('drives are private by default', () => {
    expect(parseDrive('d.img', '/base')).toEqual({ path: '/base/d.img', mode: 'cow' });
    expect(parseDrive('/d.img,mode=write,serial=x1', '/base')).toEqual({ path: '/d.img', mode: 'write', serial: 'x1' });
    expect(parseDrive('d.img,mode=own', '/base')).toEqual({ path: '/base/d.img', mode: 'own' });
    for (const text of ['', ',mode=cow', 'd,mode=cow,mode=cow', 'd,serial=', 'd,what=1', 'd,mode']) {
      expect(() => parseDrive(text, '/')).toThrow(UserError);
    }
  });
  it('exports of a server have a key, or are plaintext', () => {
    const address = { kind: 'tcp', host: '10.0.0.9', port: 10809 };
    const path = (text: string) => parseDrive(text, '/base').path;
    expect(path('nbd:10.0.0.9:10809/d')).toEqual({ address, export: 'd' });
    expect(path('nbd:10.0.0.9:10809/d,key=k,mode=write')).toEqual({ address, export: 'd', key: '/base/k' });
    expect(path('nbd://10.0.0.9/d,plaintext')).toEqual({ address, export: 'd', plaintext: true });
    for (const text of ['d.img,key=k', 'd.img,plaintext', 'nbd:h:1/d,key=', 'nbd:h:1/d,key=k,plaintext']) {
      expect(() => parseDrive(text, '/')).toThrow(UserError);
    }
  });
  it('a server without epochs is for a drive that is shared', () => {
    const address = { kind: 'tcp', host: '10.0.0.9', port: 10809 };
    const drive = parseDrive('nbd://10.0.0.9/d,mode=write,unfenced,plaintext', '/');
    expect(drive.path).toEqual({ address, export: 'd', plaintext: true, unfenced: true });
    for (const text of ['d.img,mode=write,unfenced', 'nbd:h:1/d,unfenced', 'nbd:h:1/d,mode=readonly,unfenced'])
      expect(() => parseDrive(text, '/')).toThrow(/unfenced is for an NBD export/);
  });

  it('a card whose frames would go to another host in plaintext says so', () => {
    expect(() => parseNet('stream:tcp:10.0.0.9:9000', '/')).toThrow(/could be read by others.*plaintext/);
    const peer = { kind: 'tcp', host: '10.0.0.9', port: 9000 };
    expect(parseNet('stream:tcp:10.0.0.9:9000,plaintext', '/')).toEqual({ peer });
  });
  it('networks are none or a stream', () => {
    expect(parseNet('none', '/')).toEqual({});
    expect(parseNet('stream:unix:s.sock', '/run')).toEqual({ peer: { kind: 'unix', path: '/run/s.sock' } });
    expect(parseNet('stream:tcp:::1:9000,mac=02:00:00:00:00:0a,mtu=9000', '/')).toEqual({
      peer: { kind: 'tcp', host: '::1', port: 9000 },
      mac: Uint8Array.of(2, 0, 0, 0, 0, 10),
      mtu: 9000,
    });
    for (const text of ['', 'stream:tcp:h', 'stream:tcp:h:0', 'none,mac=1', 'none,mtu=12']) {
      expect(() => parseNet(text, '/')).toThrow(UserError);
    }
  });
  it('consoles and entropy', () => {
    expect(parseConsole('--console', 'file:out', '/b')).toEqual({ kind: 'file', path: '/b/out' });
    expect(() => parseConsole('--console', 'tty', '/b')).toThrow(UserError);
    expect(parseEntropy('seed:7')).toEqual({ kind: 'seed', seed: 7n });
    expect(() => parseEntropy('seed:')).toThrow(UserError);
  });
});

describe('text for people', () => {
  it('quantities', () => {
    expect([bytes(999), bytes(1500), bytes(12_345_678)]).toEqual(['999 B', '1.50 kB', '12.3 MB']);
    expect([seconds(0.5), seconds(12.34), seconds(187)]).toEqual(['0.50 s', '12.3 s', '3 min 07 s']);
    expect(
      columns(
        [
          ['A', 'B'],
          ['x', '10'],
        ],
        [1],
      ),
    ).toBe('A   B\nx  10');
  });
  it('progress has percent, speed and time left when the end is known', () => {
    expect(progressText('replay', 50_000_000n, 100_000_000n, 0.5)).toContain(' 50 %  100 MIPS, 0.50 s left');
    expect(progressText('replay', 50_000_000n, undefined, 0.5)).toBe('replay tick 50,000,000  100 MIPS');
  });
});
