/**
 * Shortens code that was built expression by expression: a local that is set to be read at once, and never again, need
 * not be set. Values stay on the stack instead.
 */

import type { Instr } from './instr.ts';

/**
 * The same code with fewer instructions. `isTemp` tells locals whose content matters nowhere outside this code, and not
 * before they are set in it. Branches out of the code are taken to read no temporaries.
 */
export function shorten(code: readonly Instr[], isTemp: (local: number) => boolean): Instr[] {
  let instrs = [...code];
  for (let i = instrs.length - 1; i >= 0; i--) {
    const instr = instrs[i] as Instr;
    if (instr.op !== 'local.set' && instr.op !== 'local.tee') continue;
    const { local } = instr;
    const next = instrs[i + 1];
    if (instr.op === 'local.tee') {
      if (isTemp(local) && !isReadAfter(instrs, i, local)) instrs = [...instrs.slice(0, i), ...instrs.slice(i + 1)];
    } else if (next?.op === 'local.get' && next.local === local) {
      const isNeeded = !isTemp(local) || isReadAfter(instrs, i + 1, local);
      const kept: Instr[] = isNeeded ? [{ op: 'local.tee', local }] : [];
      instrs = [...instrs.slice(0, i), ...kept, ...instrs.slice(i + 2)];
    }
  }
  return instrs;
}

/** Whether what the local has at a place may be read later. Says yes where it does not look closely. */
function isReadAfter(instrs: readonly Instr[], from: number, local: number): boolean {
  if (instrs.slice(0, from).some(({ op }) => op === 'loop')) return true;
  let depth = 0;
  /** The outermost block that is left: what stands there, or further out, is reached in any case. */
  let reached = 0;
  for (const instr of instrs.slice(from + 1)) {
    switch (instr.op) {
      case 'block':
      case 'if':
        depth += 1;
        break;
      case 'else':
        // The other arm, if the place is in the first one.
        reached = Math.min(reached, depth - 1);
        break;
      case 'end':
        depth -= 1;
        reached = Math.min(reached, depth);
        break;
      case 'br':
      case 'br_if':
        // Out of the code, or out of blocks that were opened since: the code behind the branch may be passed over.
        if (instr.depth < blocksAround(instrs, instr)) return true;
        break;
      case 'loop':
      case 'br_table':
        return true;
      case 'local.get':
        if (instr.local === local) return true;
        break;
      case 'local.set':
      case 'local.tee':
        if (instr.local === local && depth <= reached) return false;
    }
  }
  return false;
}

/** How many blocks of the code are around one of its instructions. */
function blocksAround(instrs: readonly Instr[], at: Instr): number {
  let depth = 0;
  for (const instr of instrs) {
    if (instr === at) return depth;
    if (instr.op === 'block' || instr.op === 'loop' || instr.op === 'if') depth += 1;
    if (instr.op === 'end') depth -= 1;
  }
  throw new Error('the instruction is not in the code');
}
