/**
 * Where the host ends of a pair's devices are: the primary says it in its hello, so that a backup needs no flags of its
 * own. What is given at the backup wins there.
 */

import type { MachineConfig } from '../../emu/machine/machine.ts';
import type { MethodSettings } from '../../ft/guest/method.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import type { EntropySetting } from '../entropy.ts';
import type { DriveOptions, NetOptions, Surroundings } from '../guest-options.ts';
import { driveName } from '../guest-ports.ts';
import type { DrivePlace } from '../ports/drive-file.ts';
import { placeText } from '../ports/nbd-place.ts';
import type { Endpoint } from './endpoint.ts';

/** What of it can be given at the backup. */
export type Given = Partial<Surroundings>;

/** UserError for a drive whose changes the other side would not have, when it is kept in step by `method`. */
export function requireCommon(drives: readonly DriveOptions[], { name: method }: MethodSettings): void {
  for (const { path, mode } of drives) {
    const name = typeof path === 'string' ? path : placeText(path);
    if (mode === 'own' && typeof path !== 'string') {
      const what = `the drive ${name} is on a server: both sides would write to it (mode=own)`;
      throw new UserError('shared-drive', what, 'give mode=write, or a file on each host with mode=own');
    }
    if (mode === 'own' && method === 'checkpoints') {
      const what = `a backup that is given checkpoints replays no writes to its image of ${name} (mode=own)`;
      const remedy = 'give --method log, stop or epochs; or a drive that both hosts reach, with mode=write';
      throw new UserError('no-replay', what, remedy);
    }
    if (mode !== 'cow') continue;
    const what = `the changes to the drive ${name} would be private to one side, and lost with it (mode=cow)`;
    throw new UserError(
      'private-drive',
      what,
      'put it where both hosts reach it, and give mode=write or mode=readonly; or give mode=own, for an image on each',
    );
  }
}

/** Devices of the drives of which each side has an image of its own. */
export function insideOf(drives: readonly DriveOptions[]): ReadonlySet<string> {
  return new Set(drives.flatMap(({ mode }, i) => (mode === 'own' ? [driveName(i)] : [])));
}

/** What the primary says. */
export interface ToldSurroundings extends Surroundings {
  /** Where backups may be that are made later. */
  readonly spares: readonly Endpoint[];
  readonly method: MethodSettings;
}

/** `method`: as the backup is to go on with one of its own. */
export function encodeSurroundings(
  { drives, nets, uart, consoles, entropy }: Surroundings,
  method: MethodSettings,
  spares: readonly Endpoint[] = [],
): Uint8Array {
  const plain = {
    spares,
    method: { ...method, epochTicks: method.epochTicks.toString() },
    drives: drives.map(({ path, ...drive }) => ({ ...drive, path: elsewhere(path) })),
    nets: nets.map(({ mac, ...net }) => ({ ...net, ...(mac === undefined ? {} : { mac: [...mac] }) })),
    uart,
    consoles,
    entropy: entropy.kind === 'seed' ? { kind: 'seed', seed: entropy.seed.toString() } : entropy,
  };
  return new TextEncoder().encode(JSON.stringify(plain));
}

/** A file of a key is this host's: the other side shows the key of the pair. */
function elsewhere(place: DrivePlace): DrivePlace {
  if (typeof place === 'string') return place;
  const { key: _, ...same } = place;
  return same;
}

/** UserError when the primary says what this version does not understand. */
export function decodeSurroundings(bytes: Uint8Array, given: Given): ToldSurroundings {
  try {
    const plain = JSON.parse(new TextDecoder().decode(bytes));
    const { drives, uart, consoles, entropy, spares = [] } = plain;
    const nets = plain.nets.map(({ mac, ...net }: Omit<NetOptions, 'mac'> & { readonly mac?: readonly number[] }) => ({
      ...net,
      ...(mac === undefined ? {} : { mac: Uint8Array.from(mac) }),
    }));
    const seeded: EntropySetting =
      entropy.kind === 'seed' ? { kind: 'seed', seed: BigInt(entropy.seed) } : { kind: 'host' };
    const method = { ...plain.method, epochTicks: BigInt(plain.method.epochTicks) };
    return { drives, nets, uart, consoles, entropy: seeded, engine: 'auto', spares, method, ...given };
  } catch (error) {
    const what = 'the primary says of its devices what this version does not understand';
    throw new UserError('bad-hello', what, 'run the same version of lockstep on both sides', ExitCode.lost, error);
  }
}

/** Names of the network cards with their addresses, in the order of the machine's slots. */
export function cardsOf(config: MachineConfig): ReadonlyMap<string, Uint8Array> {
  return new Map(
    config.devices.flatMap((device, slot) => (device.type === 'net' ? [[`virtio${slot}`, device.mac] as const] : [])),
  );
}
