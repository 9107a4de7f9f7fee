/** The whole vocabulary over wasm expressions, for a body compiled into this frame. */

import type { Semantics } from '../../isa/vocabulary.ts';
import { arithmetic } from './arithmetic.ts';
import type { Frame, Linker, WasmBinding } from './binding.ts';
import { calls } from './calls.ts';
import { control } from './control.ts';
import { hartState } from './hart-state.ts';
import { multiply } from './multiply.ts';
import type { Order } from './order.ts';
import { physical } from './physical.ts';
import { virtual } from './virtual.ts';

export function wasmSemantics(order: Order, frame: Frame, linker: Linker): Semantics<WasmBinding> {
  return {
    ...arithmetic,
    ...multiply(order),
    ...control(order),
    ...hartState(order, frame),
    ...physical(order, frame, linker),
    ...virtual(order, frame, linker),
    ...calls(order, frame, linker),
  };
}
