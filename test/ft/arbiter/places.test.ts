/** Arbiters as users write them: what is understood, what is refused, and that no password is told. */
import { expect, test } from 'vitest';
import { parseEtcd } from '../../../src/host/etcd/etcd-place.ts';
import { arbiterOf, withoutPassword } from '../../../src/host/ft/arbiters/arbiter-of.ts';
import { EtcdArbiter } from '../../../src/host/ft/arbiters/etcd.ts';
import { PostgresArbiter } from '../../../src/host/ft/arbiters/postgres.ts';
import { UserError } from '../../../src/lib/errors.ts';

test('kinds', () => {
  expect(arbiterOf('etcd:http://127.0.0.1:2379')).toBeInstanceOf(EtcdArbiter);
  for (const scheme of ['postgres', 'postgresql']) {
    expect(arbiterOf(`${scheme}://u@h/d`)).toBeInstanceOf(PostgresArbiter);
  }
});

test('several endpoints of etcd, IPv6, a port left out, TLS, a user', () => {
  expect(parseEtcd('http://a:1,[::1]:2,c', {})).toEqual({
    endpoints: [
      { host: 'a', port: 1 },
      { host: '::1', port: 2 },
      { host: 'c', port: 2379 },
    ],
  });
  expect(parseEtcd('https://u%40x:p%2F%3Aw@a:1/', { ETCDCTL_USER: 'other:word' })).toEqual({
    endpoints: [{ host: 'a', port: 1 }],
    tls: {},
    login: { name: 'u@x', password: 'p/:w' },
  });
  expect(parseEtcd('http://a', { ETCDCTL_USER: 'u:p:w' }).login).toEqual({ name: 'u', password: 'p:w' });
  expect(parseEtcd('http://a', { ETCDCTL_USER: 'u', ETCDCTL_PASSWORD: 'p' }).login).toEqual({
    name: 'u',
    password: 'p',
  });
});

test('what names no arbiter is refused, and says no password', () => {
  for (const text of [
    'etcd:a:1',
    'etcd:http://',
    'etcd:http://u:secret@a:1,b:99999',
    'etcd:http://u:secret%@a:1',
    'etcd:ftp://u:secret@a:1',
    'ectd:http://u:secret@a:1',
    'postgres:secret',
    'postgres://u:secret@[x/d',
    'redis://u:secret@h',
  ]) {
    const told = refusal(() => arbiterOf(text));
    if (text !== 'postgres:secret') expect(told).not.toContain('secret');
  }
  expect(refusal(() => parseEtcd('http://u@a:1', {}))).toContain('ETCDCTL_PASSWORD');
  expect(refusal(() => parseEtcd('https://a:1', { ETCDCTL_CACERT: '/absent/ca.pem' }))).toContain('/absent/ca.pem');
});

test('a command line that is kept has no password', () => {
  for (const [text, kept] of [
    ['--arbiter=postgres://u:a/@b@h/d', '--arbiter=postgres://…@h/d'],
    ['etcd:https://u:w@h:1,i:1', 'etcd:https://…@h:1,i:1'],
    ['postgres://h/d?user=u&password=w&sslmode=verify-full', 'postgres://h/d?user=u&password=…&sslmode=verify-full'],
    ['disk:10.0.0.9:10809', 'disk:10.0.0.9:10809'],
  ]) {
    expect(withoutPassword(text!)).toBe(kept);
  }
});

/** What the operator is told. */
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error('it was understood');
}
