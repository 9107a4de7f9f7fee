/** Real PostgreSQL servers on this machine, of Debian's postgresql. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { DiskFolder } from '../../host/disk/support.ts';
import { freePort, type Program, type ServerAt, ServerProcess } from './server-process.ts';

const PASSWORD = 'lockstep-password';
const VERSIONS = '/usr/lib/postgresql';
const bin = (existsSync(VERSIONS) ? readdirSync(VERSIONS) : [])
  .map((version) => join(VERSIONS, version, 'bin'))
  .find((path) => existsSync(join(path, 'initdb')));

/** Why there is none; undefined also where the absence must not go unnoticed. */
export const noPostgres: string | undefined =
  process.env.CI === 'true' || bin !== undefined ? undefined : 'PostgreSQL is not there: apt install postgresql';

/**
 * A PostgreSQL of its own, started; `settings` are lines of its configuration. Its only user is `lockstep`, with the
 * password `lockstep-password` where `login` is not trust.
 */
export async function postgresServer(
  folder: DiskFolder,
  settings: readonly string[] = [],
  login = 'trust',
): Promise<ServerAt> {
  // It refuses to run as root; its user must reach its folder.
  const root = process.getuid?.() === 0;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const user = root ? { uid: id('-u'), gid: id('-g') } : undefined;
  const place = folder.fresh('postgres');
  mkdirSync(place);
  if (user !== undefined) {
    chmodSync(dirname(place), 0o711);
    chownSync(place, user.uid, user.gid);
  }
  const data = join(place, 'data');
  const secret = join(place, 'password');
  writeFileSync(secret, PASSWORD, { mode: 0o644 });
  const initial = [
    '-D',
    data,
    '-U',
    'lockstep',
    '-A',
    login,
    '--pwfile',
    secret,
    '-E',
    'UTF8',
    '--locale',
    'C',
    '--no-sync',
  ];
  execFileSync(join(bin!, 'initdb'), initial, { ...user, stdio: 'pipe' });
  const port = await freePort();
  const words = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${place}`, ...settings];
  const args = ['-D', data, ...words.flatMap((word) => ['-c', word])];
  const ready = async (): Promise<boolean> => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'lockstep',
      password: PASSWORD,
      database: 'postgres',
    });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('SELECT 1');
      return true;
    } catch {
      return false;
    } finally {
      client.end().catch(() => {});
    }
  };
  const file = join(bin!, 'postgres');
  const program: Program = { file, args, ready, ...(user === undefined ? {} : { user }) };
  const server = { port, process: new ServerProcess(folder, program) };
  await server.process.start();
  return server;
}
