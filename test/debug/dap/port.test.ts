/** `lockstep dap --port`: whoever finds the port is heard only as far as the protocol goes, and runs nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { encodeMessage } from '../../../src/debug/dap/wire.ts';
import { isSameUser, userOf } from '../../../src/host/dap/same-user.ts';
import { folder } from '../../cli/cli.ts';
import { golden } from '../timeline/support.ts';
import { Client } from './client.ts';

/** A program that tells by a file that it was run. */
function trap(name: string): { readonly program: string; readonly wasRun: () => boolean } {
  const program = join(folder, name);
  const file = `${program}.was-run`;
  writeFileSync(program, `#!/bin/sh\ntouch ${file}\n`);
  chmodSync(program, 0o755);
  return { program, wasRun: () => existsSync(file) };
}

/** An adapter on a port; `send` gives all that it answers until it closes, or has answered `count` requests. */
async function adapter(...args: string[]): Promise<{
  readonly port: number;
  readonly send: (bytes: Uint8Array | string, count?: number) => Promise<string>;
  readonly said: () => string;
}> {
  const server = new Client('--port', '0', ...args);
  onTestFinished(async () => {
    server.child.kill('SIGINT');
    await server.ended;
  });
  let port: string | undefined;
  while (port === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    port = /127\.0\.0\.1:(\d+)/.exec(server.stderr)?.[1];
  }
  const send = (bytes: Uint8Array | string, count = Number.POSITIVE_INFINITY): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes));
      let text = '';
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
      socket.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        if ((text.match(/"type":"response"/g)?.length ?? 0) >= count) socket.destroy();
      });
    });
  return { port: Number(port), send, said: () => server.stderr };
}

const requests = (launch: object): Buffer =>
  Buffer.concat([
    encodeMessage({ seq: 1, type: 'request', command: 'initialize', arguments: { adapterID: 'x' } }),
    encodeMessage({ seq: 2, type: 'request', command: 'launch', arguments: launch }),
  ]);

test('a request of HTTP whose body are messages is cut off at its header', async () => {
  const gdb = trap('from-a-page');
  const { send } = await adapter();
  const body = requests({ recording: golden('hello'), gdb: gdb.program }).toString();
  // The first message's length where it is taken for a header's, in a field that a page chooses.
  const [, length] = /^Content-Length: (\d+)\r\n\r\n/.exec(body)!;
  const http = ['POST / HTTP/1.1', 'Host: 127.0.0.1', `Referer: http://example.org/x?content-length:${length}`];
  const more = [
    'Content-Type: text/plain;charset=UTF-8',
    `Content-Length: ${body.length}`,
    'Origin: http://example.org',
  ];
  const answer = await send([...http, ...more, '', body.replace(/^.*\r\n\r\n/, '')].join('\r\n'));
  expect(answer).not.toContain('"type":"response"');
  expect(answer).toContain('the client sent a header that is not a length alone');
  expect(gdb.wasRun()).toBe(false);
});

test('a client on a port names no program to run as gdb; what the operator names is used', async () => {
  const [theirs, own] = [trap('theirs'), trap('own')];
  const { send } = await adapter('--gdb', own.program);
  const refused = await send(requests({ recording: golden('hello'), gdb: theirs.program }), 2);
  expect(refused).toMatch(/cannot name the program that is run as gdb; .* lockstep dap --gdb PROGRAM/);
  expect([theirs.wasRun(), own.wasRun()]).toEqual([false, false]);
  await send(requests({ recording: golden('hello') }), 2);
  expect([theirs.wasRun(), own.wasRun()]).toEqual([false, true]);
});

test('an editor that started the adapter names its gdb; --gdb none is for one that does not', async () => {
  const gdb = trap('mine');
  const naming = new Client('--gdb', 'none');
  await naming.ask('initialize', { adapterID: 'lockstep' });
  // It is no gdb: the session ends with it.
  naming.ask('launch', { recording: golden('hello'), gdb: gdb.program }).catch(() => {});
  await naming.ended;
  expect(gdb.wasRun()).toBe(true);
  const silent = new Client('--gdb', 'none');
  await silent.launch({ recording: golden('hello') });
  expect(silent.output).toContain('no gdb that knows RISC-V is in use');
  await silent.ask('disconnect');
  expect(await silent.ended).toEqual([0, null]);
});

test('whose a connection is stands in the table of connections, once for each end', () => {
  const home = endianness() === 'LE' ? '0100007F' : '7F000001';
  const rest = '00000000:00000000 00:00000000 00000000';
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    `   0: ${home}:1267 00000000:0000 0A ${rest}  1000        0 1 1 0 100 0 0 10 0`,
    `   1: ${home}:1267 ${home}:C001 01 ${rest}  1000        0 2 1 0 20 4 30 10 -1`,
    `   2: ${home}:C001 ${home}:1267 01 ${rest}  1001        0 3 1 0 20 4 30 10 -1`,
  ].join('\n');
  const end = (port: number, address = '127.0.0.1') => ({ address, port });
  expect(userOf(table, end(0xc001), end(0x1267))).toBe(1001);
  expect(userOf(table, end(0x1267), end(0xc001))).toBe(1000);
  expect(userOf(table, end(0xc002), end(0x1267))).toBeUndefined();
  expect(userOf(table, end(0xc001, '127.0.0.2'), end(0x1267))).toBeUndefined();
});

test.runIf(process.platform === 'linux')('nobody is at the end of a connection that is not there', () => {
  expect(isSameUser({ address: '127.0.0.1', port: 0 }, { address: '127.0.0.1', port: 0 })).toBe(false);
});

test.runIf(process.platform === 'linux' && process.getuid?.() === 0)('another user is turned away', async () => {
  const { port, said } = await adapter();
  const nobody = 65534;
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; printf 'Content-Length: 0\\r\\n\\r\\n' >&3; cat <&3`;
  const child = spawn('bash', ['-c', script], {
    uid: nobody,
    gid: nobody,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let answer = '';
  child.stdout!.on('data', (bytes: Buffer) => {
    answer += bytes.toString();
  });
  await once(child, 'close');
  expect(answer).toBe('');
  expect(said()).toContain('a connection of another user of this host is refused');
});
