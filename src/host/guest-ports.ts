/**
 * The host ends of a machine's devices, made from the operator's options. A machine's configuration says which devices
 * there are; options for devices that it does not have are refused, and a device without an option has no other end.
 */

import type { Readable, Writable } from 'node:stream';
import type { MachineConfig } from '../emu/machine/machine.ts';
import { UserError } from '../lib/errors.ts';
import type { ConsoleTarget, DriveOptions, NetOptions, Surroundings } from './guest-options.ts';
import { OwnImage } from './mirror/own-image.ts';
import { ConsoleFile } from './ports/console-file.ts';
import { ConsolePipe } from './ports/console-pipe.ts';
import { ConsoleTerminal, type TerminalInput } from './ports/console-terminal.ts';
import { DriveFile } from './ports/drive-file.ts';
import type { Membership } from './ports/nbd-session.ts';
import { NetStream } from './ports/net-stream.ts';
import type { HostPort } from './ports/port.ts';

/** Name of the 16550. */
export const UART = 'uart';

type Consoles = Pick<Surroundings, 'uart' | 'consoles'>;

/** The process's own streams, or stand-ins. */
export interface Stdio {
  readonly input: Readable;
  readonly output: Writable;
  /** In place of the streams: makes the port of the console that is on them. */
  readonly console?: (device: string) => HostPort;
}

/**
 * Opens drives as devices virtio0 and so on; when one cannot be had, none is left open. For a `member` of a pair, a
 * server of drives is told its epoch. `sizes`: of a guest's drives, in order; an own image that is not there is made.
 */
export async function openDrives(
  drives: readonly DriveOptions[],
  member?: Membership,
  sizes: readonly number[] = [],
): Promise<DriveFile[]> {
  const opened: DriveFile[] = [];
  try {
    for (const [i, { path, mode }] of drives.entries()) {
      const device = driveName(i);
      if (mode === 'own' && typeof path === 'string' && member !== undefined) {
        opened.push(DriveFile.own(device, await OwnImage.open(path, sizes[i])));
        continue;
      }
      opened.push(await DriveFile.at(device, path, mode, member));
    }
    return opened;
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

export const driveName = (index: number): string => `virtio${index}`;

export async function closeAll(ports: readonly HostPort[]): Promise<void> {
  for (const port of ports) await port.close();
}

/**
 * The ports of every device of `config` that has another end. `drives` are those of its block devices, in order. Of a
 * `successor`, whose machine was elsewhere before, cards are quiet until they are told to speak, and console files are
 * gone on with.
 */
export function portsOf(
  config: MachineConfig,
  surroundings: Pick<Surroundings, 'nets' | 'uart' | 'consoles'>,
  drives: readonly DriveFile[],
  stdio: Stdio,
  successor = false,
): HostPort[] {
  const nets = deviceNames(config, 'net');
  const consoles = deviceNames(config, 'console');
  refuseMore('network cards', nets.length, surroundings.nets.length);
  refuseMore('consoles', consoles.length, surroundings.consoles.length);
  const targets = [surroundings.uart, ...surroundings.consoles];
  if (targets.filter(({ kind }) => kind === 'stdio').length > 1) {
    throw new UserError('two-consoles', 'two consoles are to be on this terminal', 'send one to a file, or to none');
  }
  return [
    ...drives,
    ...surroundings.nets.flatMap(({ peer }: NetOptions, i) =>
      peer === undefined ? [] : [new NetStream(nets[i]!, peer, { quiet: successor })],
    ),
    ...consolePort(UART, surroundings.uart, stdio, successor),
    ...surroundings.consoles.flatMap((target, i) => consolePort(consoles[i]!, target, stdio, successor)),
  ];
}

/** The console that is on the operator's terminal, if one is. */
export function terminalOf(config: MachineConfig, { uart, consoles }: Consoles): { readonly terminal?: string } {
  if (uart.kind === 'stdio') return { terminal: UART };
  const index = consoles.findIndex(({ kind }) => kind === 'stdio');
  const terminal = deviceNames(config, 'console')[index];
  return terminal === undefined ? {} : { terminal };
}

export function deviceNames(config: MachineConfig, type: MachineConfig['devices'][number]['type']): string[] {
  return config.devices.flatMap((device, slot) => (device.type === type ? [`virtio${slot}`] : []));
}

export function refuseMore(what: string, has: number, given: number): void {
  if (given <= has) return;
  throw new UserError(
    'no-such-device',
    `the machine has ${has} ${what}, and ${given} are given`,
    'leave the others out',
  );
}

function consolePort(
  device: string,
  target: ConsoleTarget,
  { input, output, console }: Stdio,
  successor: boolean,
): HostPort[] {
  if (target.kind === 'none') return [];
  if (target.kind === 'file') return [new ConsoleFile(device, target.path, successor)];
  if (console !== undefined) return [console(device)];
  return [isTerminal(input) ? new ConsoleTerminal(device, input, output) : new ConsolePipe(device, input, output)];
}

function isTerminal(input: Readable): input is TerminalInput {
  return 'isTTY' in input && input.isTTY === true;
}
