/**
 * QEMU's own steps backwards: a boot recorded with rr=record, replayed with a snapshot at its start, stopped on the
 * way, and packets `bs` (reverse-stepi) from there. QEMU goes back by replaying from the snapshot before.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LinuxImages } from './linux-guest.ts';
import { findTool } from './tools.ts';

const STEPS = 5;
const RECORD_MS = 120_000;
const ANSWER_MS = 60_000;

/** Milliseconds of each reverse-stepi, or why there are none. */
export type QemuSteps = { readonly stepMs: readonly number[] } | { readonly problem: string };

/** `folder`: for the recording and the disk that keeps snapshots. `intoMs`: how far into the replay the steps are. */
export async function qemuReverseSteps(
  qemu: string,
  { kernel, initrd }: LinuxImages,
  folder: string,
  intoMs: number,
): Promise<QemuSteps> {
  const image = findTool('qemu-img');
  if (image === undefined) return { problem: 'no qemu-img; on Debian: apt-get install qemu-utils' };
  const disk = join(folder, 'snapshots.qcow2');
  if (spawnSync(image, ['create', '-q', '-f', 'qcow2', disk, '1G']).status !== 0) return { problem: 'qemu-img failed' };
  const stub = join(folder, 'gdb.sock');
  const args = (mode: 'record' | 'replay'): string[] => [
    ...['-M', 'virt', '-m', '256M', '-display', 'none', '-serial', 'null', '-monitor', 'none', '-no-reboot'],
    ...['-kernel', kernel, '-initrd', initrd, '-append', 'console=ttyS0 task="true"', '-net', 'none'],
    ...['-drive', `file=${disk},if=none,id=rr`],
    ...['-icount', `shift=auto,rr=${mode},rrfile=${join(folder, 'reverse.rr')},rrsnapshot=init`],
  ];
  const recorded = spawnSync(qemu, args('record'), { timeout: RECORD_MS, encoding: 'utf8' });
  if (recorded.status !== 0) return { problem: `rr=record ended with ${recorded.status}: ${recorded.stderr.trim()}` };
  const server = ['-chardev', `socket,path=${stub},server=on,wait=off,id=gdb`, '-gdb', 'chardev:gdb', '-S'];
  const replay = spawn(qemu, [...args('replay'), ...server], { stdio: 'ignore' });
  try {
    return { stepMs: await steps(await dial(stub), intoMs) };
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return { problem: `no answer in ${ANSWER_MS / 1000} s` };
    return { problem: `its gdb stub: ${error instanceof Error ? error.message : error}` };
  } finally {
    replay.kill('SIGKILL');
  }
}

async function steps(socket: Socket, intoMs: number): Promise<number[]> {
  socket.setEncoding('latin1');
  const ask = async (packet: string): Promise<string> => {
    socket.write(packet);
    return await answer(socket);
  };
  await ask(framed('?'));
  socket.write(framed('c'));
  await sleep(intoMs);
  await ask('\x03');
  const times: number[] = [];
  while (times.length < STEPS) {
    const from = performance.now();
    await ask(framed('bs'));
    times.push(performance.now() - from);
  }
  socket.destroy();
  return times;
}

/** The next packet, acknowledged. */
async function answer(socket: Socket): Promise<string> {
  const deadline = AbortSignal.timeout(ANSWER_MS);
  for (let text = ''; ; ) {
    const [chunk] = (await once(socket, 'data', { signal: deadline })) as [string];
    text += chunk;
    const packet = /\$([^#]*)#../.exec(text)?.[1];
    if (packet === undefined) continue;
    socket.write('+');
    return packet;
  }
}

async function dial(path: string): Promise<Socket> {
  for (let tries = 0; ; tries++) {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (tries === 100) throw error;
      await sleep(100);
    }
  }
}

const framed = (body: string): string => {
  const sum = [...body].reduce((total, letter) => (total + letter.charCodeAt(0)) & 0xff, 0);
  return `$${body}#${sum.toString(16).padStart(2, '0')}`;
};
