/**
 * The calling convention of compiled code. A region is a function of the code table:
 *
 *     (hart, left, pc, depth) -> (left, pc)
 *
 * It begins at the step boundary of its entry, which `pc` is, with registers in the hart's block, and makes steps.
 * `left` counts those that may still be made in this stretch; tick = stretchEnd - left. It returns with registers in
 * the hart's block again, and
 * - a pc: the next step is there, and nobody needs to look before it; `left` is up to date. Nothing may have been done;
 * - LOOK: the fields `pc` and `tick` say where the next step is; the engine looks at the boundary first;
 * - INTERPRET: likewise, and the next step is one for the interpreter.
 * `depth` is how deep calls of the guest may still become calls of compiled code.
 */

import type { FuncType } from '../../wasm/instr.ts';

export const REGION_TYPE: FuncType = { params: ['i32', 'i64', 'i64', 'i32'], results: ['i64', 'i64'] };
/** Odd, so no pc. */
export const LOOK = -1n;
export const INTERPRET = -3n;
/** Calls of compiled code in compiled code, at most: a host stack of a few hundred KiB. */
export const MAX_DEPTH = 160;

/** Elements of the code table: 0 is no code; this one goes on with whatever code there is; regions come after. */
export const DISPATCH_SLOT = 1;
export const FIRST_SLOT = 2;
