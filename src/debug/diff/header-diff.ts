/**
 * What the headers of two recordings say about their machines: everything that decides how a machine behaves and is no
 * input. Machines that are alike here, in the same state, given the same inputs, do the same.
 */

import type { ImageName, LogHeader } from '../../logformat/header.ts';
import { comparePlain } from './plain-diff.ts';

/**
 * 'image': bytes that the machine starts from. 'power on': a value that each recording draws anew unless told not to
 * (the wall clock when it is switched on, the seed in the device tree). 'machine': all else.
 */
export interface MachineDifference {
  readonly kind: 'machine' | 'image' | 'power on';
  /** As the header names it: `memory`, `devices.1.mac`, `kernel`. */
  readonly field: string;
  /** For people; undefined where that side has none. */
  readonly a: string | undefined;
  readonly b: string | undefined;
}

/** What of a header says what the machine is. */
export type MachineOf = Pick<LogHeader, 'machine' | 'images'>;

/** Fields of the configuration that are drawn at power on, by their names in the header. */
const DRAWN: ReadonlySet<string> = new Set(['epoch', 'rngSeed']);

/** Empty when the machines are alike. */
export function compareMachines(a: MachineOf, b: MachineOf): MachineDifference[] {
  const fields = comparePlain(a.machine, b.machine, '').map(({ path, ...values }): MachineDifference => {
    const kind = DRAWN.has(path.replace(/[.[].*/, '')) ? 'power on' : 'machine';
    return { kind, field: path, ...values };
  });
  return [...compareImages(a.images, b.images), ...fields];
}

function compareImages(a: LogHeader['images'], b: LogHeader['images']): MachineDifference[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((role) => {
    const [x, y] = [a[role], b[role]];
    if (x !== undefined && y !== undefined && hex(x.sha256) === hex(y.sha256)) return [];
    return [{ kind: 'image' as const, field: role, a: imageText(x), b: imageText(y) }];
  });
}

const imageText = (image: ImageName | undefined): string | undefined =>
  image === undefined ? undefined : `${image.name}, ${image.size} bytes, SHA-256 ${hex(image.sha256)}`;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
