/**
 * The library: what a program needs to read a recording and replay it, in Node or in a web page. Nothing here touches a
 * file, a clock or a thread: bytes come from a ByteSource and decompression from a Codec, both the caller's.
 */

export type { EngineFactory } from './emu/cpu/engine.ts';
export { createInterpreter } from './emu/cpu/interpreter/interpreter.ts';
export { createReference } from './emu/cpu/reference/engine.ts';
export { disassemble } from './emu/isa/disassemble.ts';
export { type Metadata, metadata } from './emu/isa/metadata.ts';
export { decode, instructions } from './emu/isa/table.ts';
export { Board } from './emu/machine/board.ts';
export { readSymbols } from './emu/machine/elf.ts';
export type { Halt, Input, Output } from './emu/machine/events.ts';
export type { Machine, MachineConfig, MachineImages, MachinePorts, MachineState } from './emu/machine/machine.ts';
export { type Tick, tick } from './lib/brands.ts';
export { ExitCode, UserError } from './lib/errors.ts';
export type { Codec } from './logformat/frame.ts';
export type { LogHeader } from './logformat/header.ts';
export { type ByteSource, type Finish, LogReader } from './logformat/reader.ts';
export type { LogRecord } from './logformat/records.ts';
export { type Divergence, DivergenceError } from './session/divergence.ts';
export { Doors } from './session/doors.ts';
export { ClosedGate, type Gate, OpenGate, type OutputPort } from './session/gate.ts';
export { configFromCbor } from './session/machine-config.ts';
export { Replayer } from './session/replayer.ts';
export { Session } from './session/session.ts';
export type { Grant, InputSource, Moment } from './session/source.ts';
