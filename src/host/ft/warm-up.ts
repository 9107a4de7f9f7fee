/**
 * Runs a machine of no meaning for a moment, in a thread that waits for its guest: what the first machine of a thread
 * takes longer than the second (the engine's modules made, its code compiled) is over when the guest comes. It leaves
 * nothing behind, and says nothing about the guest: engine and size may be others.
 */

import type { MachineConfig } from '../../emu/machine/machine.ts';
import { tick } from '../../lib/brands.ts';
import { Doors } from '../../session/doors.ts';
import { machineOf } from '../machine-of.ts';

/** Long enough that the engine does with the loop what it does with code that is often run. */
const TICKS = 200_000n;
/** addi x5, x5, 1; sd x5, 0(x6); ld x7, 0(x6); j -12, with x6 at the word after them. */
const LOOP = [0x00000317, 0x01830313, 0x00128293, 0x00533023, 0x00033383, 0xff5ff06f, 0, 0, 0, 0];
const CONFIG: MachineConfig = {
  memoryBytes: 4 << 20,
  harts: 1,
  bootArgs: '',
  clock: 'host',
  epochNs: 0n,
  rngSeed: new Uint8Array(32),
  devices: [],
};

/** Gives how far it came: TICKS. */
export function warmUp(): bigint {
  const doors = new Doors();
  doors.connect({ emit: () => {}, nondet: () => 0n });
  const firmware = new Uint8Array(Uint32Array.from(LOOP).buffer);
  const machine = machineOf(CONFIG, { firmware }, doors, 'auto');
  machine.run(tick(TICKS));
  machine.digest('small');
  return machine.tick;
}
