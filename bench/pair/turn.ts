/** One machine in its surroundings, which are made for it and removed: network, drive, folder. */

import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { askInTurn, fetchPages } from './clients.ts';
import { type Course, CourseRun, type Plan, type Turn } from './course.ts';
import { UDP_KV } from './images.ts';
import type { Mode } from './machine.ts';
import { type Network, startNetwork } from './network.ts';
import { amountOf, STAGES } from './works.ts';

const DRIVE_BYTES = 128 * 2 ** 20;

/** Linux through all the stages that are asked for. */
export async function linuxTurn(mode: Mode, plan: Plan): Promise<Turn> {
  const stages = STAGES.filter((name) => plan.works.includes(name));
  if (stages.length === 0 || plan.images === undefined) return { samples: [] };
  const { kernel, initrd } = plan.images;
  return turn(mode, plan, (network) => {
    const words = stages.map((name) => `${name}=${amountOf(name, plan.quick)}`).join(' ');
    const task = `task="sh /root/work.sh port=${network.iperf} ${words}"`;
    const append = `console=ttyS0 quiet extra=1 net_ip=10.0.2.15/24 net_gw=10.0.2.2 ${task}`;
    const drive = ['--drive', `${emptyDrive(plan.folder)},mode=write`, '--net', network.card];
    return {
      flags: ['-m', '512M', '--kernel', kernel, '--initrd', initrd, ...drive, '--append', append],
      stages,
      begun: async (stage, machine) => {
        if (stage !== 'nginx') return [];
        const times = await fetchPages(network.web, amountOf(stage, plan.quick));
        machine.main.type('\n');
        return times;
      },
    };
  });
}

/** A small guest that answers, and waits in between. */
export async function requestTurn(mode: Mode, plan: Plan): Promise<Turn> {
  if (!plan.works.includes('request')) return { samples: [] };
  return turn(mode, plan, (network) => ({
    flags: ['--kernel', UDP_KV, '--net', network.card],
    stages: ['request'],
    started: (machine) => askInTurn(network.udp, amountOf('request', plan.quick), machine.main.ended),
  }));
}

async function turn(mode: Mode, plan: Plan, courseOf: (network: Network) => Course): Promise<Turn> {
  mkdirSync(plan.folder);
  let network: Network | undefined;
  try {
    network = await startNetwork(plan.folder, plan.env);
    return await new CourseRun(mode, plan, courseOf(network)).run();
  } finally {
    await network?.stop();
    rmSync(plan.folder, { recursive: true, force: true });
  }
}

/** Sparse. */
function emptyDrive(folder: string): string {
  const path = join(folder, 'drive.img');
  const fd = openSync(path, 'w');
  ftruncateSync(fd, DRIVE_BYTES);
  closeSync(fd);
  return path;
}
