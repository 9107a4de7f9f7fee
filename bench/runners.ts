/** Who runs the work: lockstep three ways, each QEMU four ways, and this host's own processor. */

import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../src/host/node-flags.ts';
import { BenchError } from './bench-error.ts';
import type { LockstepJob } from './lockstep-process.ts';
import type { Command } from './measure.ts';
import { findTool, runTool } from './tools.ts';
import type { Guest, Work } from './works.ts';

const LOCKSTEP = fileURLToPath(new URL('lockstep-process.ts', import.meta.url));

export interface Runner {
  readonly name: string;
  /** Whose recording it replays: that runner comes before it in a round. */
  readonly replays?: string;
  readonly kind: 'lockstep' | 'qemu' | 'native';
  /** The recording it writes or reads in `folder`. */
  log?(folder: string): string;
  /** `drive`: an empty image of the guest's size. Undefined when the work cannot be run so. */
  command(work: Work, folder: string, drive: string | undefined): Command | undefined;
}

/**
 * In the order of a round. BenchError for two QEMUs of one version. `native`: the native program, where there is one.
 * `qemus`: binaries.
 */
export function runnersOf(native: string | undefined, qemus: readonly string[]): Runner[] {
  const runners = [...lockstep(), ...qemus.flatMap(qemu), ...(native === undefined ? [] : [nativeRunner(native)])];
  const twice = runners.find(({ name }, i) => runners.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined) throw new BenchError(`--qemu: two binaries are ${twice.name}; give one of each version`);
  return runners;
}

/** The QEMU binaries named, or the one on the path. */
export function qemuBinaries(named: readonly string[]): string[] {
  const found = findTool('qemu-system-riscv64');
  return named.length > 0 ? [...named] : found === undefined ? [] : [found];
}

function lockstep(): Runner[] {
  const log = (folder: string): string => join(folder, 'lockstep.lks');
  const runner = (mode: 'run' | 'record' | 'replay'): Runner => ({
    name: mode,
    kind: 'lockstep',
    ...(mode === 'replay' ? { replays: 'record' } : {}),
    ...(mode === 'run' ? {} : { log }),
    command: ({ guest: { kernel, initrd, append } }, folder, drive) => {
      const images = { kernel, ...(initrd === undefined ? {} : { initrd }) };
      const job: LockstepJob = { ...images, append, ...(drive === undefined ? {} : { drive }), log: log(folder) };
      return { file: process.execPath, args: [...nodeFlags(), LOCKSTEP, mode, JSON.stringify(job)] };
    },
  });
  return [runner('run'), runner('record'), runner('replay')];
}

function qemu(binary: string): Runner[] {
  const version = /version (\d+\.\d+)/.exec(runTool(binary, ['--version']))?.[1] ?? basename(binary);
  const log = (folder: string): string => join(folder, `qemu-${version}.rr`);
  const runner = (mode: string, replay: 'record' | 'replay' | undefined, icount: string | undefined): Runner => {
    const name = `qemu-${version}${mode}`;
    return {
      name,
      kind: 'qemu',
      ...(replay === undefined ? {} : { log }),
      ...(replay === 'replay' ? { replays: `qemu-${version} rr=record` } : {}),
      command: ({ guest }, folder, drive) => {
        const record = replay === undefined ? '' : `,rr=${replay},rrfile=${log(folder)}`;
        const counted = icount === undefined ? [] : ['-icount', `${icount}${record}`];
        const args = [...board(guest), ...counted, ...driveArgs(drive, replay !== undefined)];
        return { file: binary, args, pipe: true };
      },
    };
  };
  return [
    runner('', undefined, undefined),
    runner(' icount', undefined, 'shift=auto'),
    runner(' rr=record', 'record', 'shift=auto'),
    runner(' rr=replay', 'replay', 'shift=auto'),
  ];
}

function board({ kernel, initrd, append }: Guest): string[] {
  const machine = ['-M', 'virt', '-m', '256M', '-display', 'none', '-serial', 'stdio', '-no-reboot'];
  const images = initrd === undefined ? ['-bios', 'none', '-kernel', kernel] : ['-kernel', kernel, '-initrd', initrd];
  return [...machine, ...images, '-append', append];
}

/** Recording wants the block replay driver between image and device. */
function driveArgs(drive: string | undefined, recorded: boolean): string[] {
  if (drive === undefined) return [];
  const legacy = ['-global', 'virtio-mmio.force-legacy=false', '-device', 'virtio-blk-device,drive=d'];
  const image = `file=${drive},format=raw,if=none`;
  if (!recorded) return ['-drive', `${image},id=d`, ...legacy];
  return ['-drive', `${image},id=i`, '-drive', 'driver=blkreplay,if=none,image=i,id=d', ...legacy];
}

function nativeRunner(program: string): Runner {
  const command = ({ native }: Work): Command | undefined =>
    native === undefined ? undefined : { file: program, args: native };
  return { name: 'native', kind: 'native', command };
}
