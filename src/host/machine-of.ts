/**
 * Puts a machine together for a session on this thread.
 */

import type { EngineFactory } from '../emu/cpu/engine.ts';
import { createInterpreter } from '../emu/cpu/interpreter/interpreter.ts';
import { createReference } from '../emu/cpu/reference/engine.ts';
import { createTranslator } from '../emu/cpu/translator/translator.ts';
import { Board } from '../emu/machine/board.ts';
import type { Machine, MachineConfig, MachineImages } from '../emu/machine/machine.ts';
import type { Doors } from '../session/doors.ts';
import type { EngineName } from './guest-options.ts';

const FACTORIES: { readonly [name in EngineName]: EngineFactory } = {
  auto: createTranslator,
  interpreter: createInterpreter,
  reference: createReference,
};

/** UserError for images and configurations that cannot be. */
export function machineOf(config: MachineConfig, images: MachineImages, doors: Doors, engine: EngineName): Machine {
  return new Board(config, images, doors, FACTORIES[engine]);
}
