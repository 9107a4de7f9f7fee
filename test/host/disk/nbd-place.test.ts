/** Addresses and exports as users write them. */
import { expect, test } from 'vitest';
import { parseExport, parseListen } from '../../../src/cli/disk-serve.ts';
import { parseDrive } from '../../../src/cli/specs.ts';
import { arbiterOf } from '../../../src/host/ft/arbiters/arbiter-of.ts';
import { isNbd, parseNbd, placeText } from '../../../src/host/ports/nbd-place.ts';
import { UserError } from '../../../src/lib/errors.ts';

const tcp = (host: string, port: number) => ({ kind: 'tcp' as const, host, port });
const unix = (path: string) => ({ kind: 'unix' as const, path });

test.each([
  ['nbd:disk.example:10809/root', tcp('disk.example', 10809), 'root'],
  ['nbd:10.0.0.1:7', tcp('10.0.0.1', 7), ''],
  ['nbd:[::1]:7/a/b', tcp('::1', 7), 'a/b'],
  ['nbd:unix:/run/disk.sock/root', unix('/run/disk.sock'), 'root'],
  ['nbd:unix:disk.sock/', unix('/base/disk.sock'), ''],
  ['nbd://disk.example/root', tcp('disk.example', 10809), 'root'],
  ['nbd://disk.example:99/a%20b', tcp('disk.example', 99), 'a b'],
  ['nbd://[::1]:99/', tcp('::1', 99), ''],
  ['nbd+unix:///root?socket=/run/disk.sock', unix('/run/disk.sock'), 'root'],
  ['nbd+unix:///?socket=s', unix('/base/s'), ''],
])('%s is understood, and said again in a way that is', (text, address, name) => {
  const place = parseNbd(text, '/base');
  expect(place).toEqual({ address, export: name });
  expect(isNbd(text)).toBe(true);
  expect(parseNbd(placeText(place), '/base')).toEqual(place);
});

test.each([
  'nbd:',
  'nbd:host',
  'nbd:host:0/x',
  'nbd:host:70000/x',
  'nbd+unix:///x',
  'nbd+vsock:///x',
  'nbd:///x',
  'nbd://h/%ff',
])('%s is refused', (text) => expect(() => parseNbd(text, '/')).toThrow(UserError));

test('a drive may be an export; a file may have a colon in its name', () => {
  expect(parseDrive('nbd:h:1/x,mode=write,serial=s', '/')).toEqual({
    path: { address: tcp('h', 1), export: 'x' },
    mode: 'write',
    serial: 's',
  });
  expect(parseDrive('nbd.img', '/b')).toEqual({ path: '/b/nbd.img', mode: 'cow' });
  expect(parseDrive('a:b', '/b')).toEqual({ path: '/b/a:b', mode: 'cow' });
});

test('exports of the server', () => {
  expect(parseExport('root=d.img', '/b')).toEqual({ name: 'root', path: '/b/d.img', readonly: false });
  expect(parseExport('r=/a=b,readonly', '/')).toEqual({ name: 'r', path: '/a=b', readonly: true });
  expect(parseExport('r=a,pair=web', '/')).toEqual({ name: 'r', path: '/a', readonly: false, pair: 'web' });
  for (const text of [
    'd.img',
    '=d.img',
    'r=',
    'r=a,write',
    'r=a,pair=',
    'r=a,pair=x,pair=y',
    'r=a,readonly,readonly',
    '',
  ]) {
    expect(() => parseExport(text, '/')).toThrow(UserError);
  }
  expect(parseListen('tcp:0.0.0.0:0', '/')).toEqual(tcp('0.0.0.0', 0));
  expect(parseListen('unix:s', '/run')).toEqual(unix('/run/s'));
  expect(() => parseListen('10809', '/')).toThrow(UserError);
});

test('arbiters', async () => {
  for (const text of ['file:d', 'disk:h:1,plaintext', 'disk:tcp:[::1]:1', 'disk:unix:/s'])
    await arbiterOf(text, '/').close();
  for (const text of ['file:', 'disk:', 'disk:h', 'etcd:h:1', ''])
    expect(() => arbiterOf(text, '/')).toThrow(UserError);
});
