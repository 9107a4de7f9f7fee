/**
 * Where an etcd cluster is, as users write it: `http(s)://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]...]`. What should
 * not be on a command line comes from the environment, by the names that etcd's own client has: ETCDCTL_USER
 * (`USER[:PASSWORD]`), ETCDCTL_PASSWORD, ETCDCTL_CACERT, ETCDCTL_CERT, ETCDCTL_KEY (paths of PEM files).
 */

import { readFileSync } from 'node:fs';
import { UserError } from '../../lib/errors.ts';
import { reasonOf } from '../os-errors.ts';

export interface EtcdEndpoint {
  readonly host: string;
  readonly port: number;
}

export interface EtcdPlace {
  readonly endpoints: readonly EtcdEndpoint[];
  /** Undefined: plain HTTP. Certificates as PEM. */
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
  readonly login?: { readonly name: string; readonly password: string };
}

type Environment = Readonly<Record<string, string | undefined>>;

const CLIENT_PORT = 2379;
const REMEDY = 'give http://HOST:PORT[,HOST:PORT...], or https for TLS';

/** Reads the files that the environment names. Throws UserError, which never holds a password. */
export function parseEtcd(text: string, environment: Environment = process.env): EtcdPlace {
  const [, scheme, userinfo, hosts = ''] = /^(https?):\/\/(?:([^@/]*)@)?([^@/]+)\/?$/.exec(text) ?? [];
  const endpoints = hosts.split(',').map((word) => parseHost(word));
  if (scheme === undefined || endpoints.includes(undefined)) {
    throw new UserError('bad-value', 'the place of etcd is not understood', REMEDY);
  }
  const login = loginOf(userinfo, environment);
  return {
    endpoints: endpoints.filter((endpoint) => endpoint !== undefined),
    ...(scheme === 'https' ? { tls: certificates(environment) } : {}),
    ...(login === undefined ? {} : { login }),
  };
}

function parseHost(word: string): EtcdEndpoint | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i.exec(word) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? CLIENT_PORT : Number(digits);
  return host !== undefined && port > 0 && port < 65536 ? { host, port } : undefined;
}

function loginOf(userinfo: string | undefined, environment: Environment): EtcdPlace['login'] {
  const given = userinfo === undefined ? environment.ETCDCTL_USER : decoded(userinfo);
  if (given === undefined || given === '') return undefined;
  const colon = given.indexOf(':');
  const name = colon < 0 ? given : given.slice(0, colon);
  const password = colon < 0 ? environment.ETCDCTL_PASSWORD : given.slice(colon + 1);
  if (password !== undefined) return { name, password };
  throw new UserError('no-password', `etcd's user ${name} has no password`, 'set ETCDCTL_PASSWORD');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UserError('bad-value', 'the user and password of etcd are not understood', 'write % as %25');
  }
}

function certificates(environment: Environment): NonNullable<EtcdPlace['tls']> {
  const [ca, cert, key] = ['ETCDCTL_CACERT', 'ETCDCTL_CERT', 'ETCDCTL_KEY'].map((name) => fileOf(name, environment));
  return { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key && { key }) };
}

function fileOf(name: string, environment: Environment): Buffer | undefined {
  const path = environment[name];
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    const what = `cannot read ${path}, which ${name} names: ${reasonOf(error)}`;
    throw new UserError('bad-certificate', what, `let ${name} name a PEM file`, undefined, error);
  }
}
