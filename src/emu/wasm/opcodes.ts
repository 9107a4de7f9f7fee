/**
 * The instructions of WebAssembly that the emitter knows, grouped by signature. The key is the name in the text format
 * and the only place it is written: types, printed text and the builders of expr.ts are derived from it. A value above
 * 0xff is a prefix byte and the 16-bit number that follows it as LEB128. WebAssembly core specification, section
 * "Binary Format / Instructions".
 */

export type ValType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';
export const valTypeCode: Readonly<Record<ValType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** T -> T, T before the point. */
export const unaryOps = {
  'i32.clz': 0x67,
  'i32.ctz': 0x68,
  'i32.popcnt': 0x69,
  'i32.extend8_s': 0xc0,
  'i32.extend16_s': 0xc1,
  'i64.clz': 0x79,
  'i64.ctz': 0x7a,
  'i64.popcnt': 0x7b,
  'i64.extend8_s': 0xc2,
  'i64.extend16_s': 0xc3,
  'i64.extend32_s': 0xc4,
  'f32.abs': 0x8b,
  'f32.neg': 0x8c,
  'f32.ceil': 0x8d,
  'f32.floor': 0x8e,
  'f32.trunc': 0x8f,
  'f32.nearest': 0x90,
  'f32.sqrt': 0x91,
  'f64.abs': 0x99,
  'f64.neg': 0x9a,
  'f64.ceil': 0x9b,
  'f64.floor': 0x9c,
  'f64.trunc': 0x9d,
  'f64.nearest': 0x9e,
  'f64.sqrt': 0x9f,
} as const;

/** T, T -> T. */
export const binaryOps = {
  'i32.add': 0x6a,
  'i32.sub': 0x6b,
  'i32.mul': 0x6c,
  'i32.div_s': 0x6d,
  'i32.div_u': 0x6e,
  'i32.rem_s': 0x6f,
  'i32.rem_u': 0x70,
  'i32.and': 0x71,
  'i32.or': 0x72,
  'i32.xor': 0x73,
  'i32.shl': 0x74,
  'i32.shr_s': 0x75,
  'i32.shr_u': 0x76,
  'i32.rotl': 0x77,
  'i32.rotr': 0x78,
  'i64.add': 0x7c,
  'i64.sub': 0x7d,
  'i64.mul': 0x7e,
  'i64.div_s': 0x7f,
  'i64.div_u': 0x80,
  'i64.rem_s': 0x81,
  'i64.rem_u': 0x82,
  'i64.and': 0x83,
  'i64.or': 0x84,
  'i64.xor': 0x85,
  'i64.shl': 0x86,
  'i64.shr_s': 0x87,
  'i64.shr_u': 0x88,
  'i64.rotl': 0x89,
  'i64.rotr': 0x8a,
  'f32.add': 0x92,
  'f32.sub': 0x93,
  'f32.mul': 0x94,
  'f32.div': 0x95,
  'f32.min': 0x96,
  'f32.max': 0x97,
  'f32.copysign': 0x98,
  'f64.add': 0xa0,
  'f64.sub': 0xa1,
  'f64.mul': 0xa2,
  'f64.div': 0xa3,
  'f64.min': 0xa4,
  'f64.max': 0xa5,
  'f64.copysign': 0xa6,
} as const;

/** T -> i32. */
export const testOps = { 'i32.eqz': 0x45, 'i64.eqz': 0x50 } as const;

/** T, T -> i32. */
export const compareOps = {
  'i32.eq': 0x46,
  'i32.ne': 0x47,
  'i32.lt_s': 0x48,
  'i32.lt_u': 0x49,
  'i32.gt_s': 0x4a,
  'i32.gt_u': 0x4b,
  'i32.le_s': 0x4c,
  'i32.le_u': 0x4d,
  'i32.ge_s': 0x4e,
  'i32.ge_u': 0x4f,
  'i64.eq': 0x51,
  'i64.ne': 0x52,
  'i64.lt_s': 0x53,
  'i64.lt_u': 0x54,
  'i64.gt_s': 0x55,
  'i64.gt_u': 0x56,
  'i64.le_s': 0x57,
  'i64.le_u': 0x58,
  'i64.ge_s': 0x59,
  'i64.ge_u': 0x5a,
  'f32.eq': 0x5b,
  'f32.ne': 0x5c,
  'f32.lt': 0x5d,
  'f32.gt': 0x5e,
  'f32.le': 0x5f,
  'f32.ge': 0x60,
  'f64.eq': 0x61,
  'f64.ne': 0x62,
  'f64.lt': 0x63,
  'f64.gt': 0x64,
  'f64.le': 0x65,
  'f64.ge': 0x66,
} as const;

/** The type named after the first underscore -> the type before the point. */
export const convertOps = {
  'i32.wrap_i64': 0xa7,
  'i32.trunc_f32_s': 0xa8,
  'i32.trunc_f32_u': 0xa9,
  'i32.trunc_f64_s': 0xaa,
  'i32.trunc_f64_u': 0xab,
  'i64.extend_i32_s': 0xac,
  'i64.extend_i32_u': 0xad,
  'i64.trunc_f32_s': 0xae,
  'i64.trunc_f32_u': 0xaf,
  'i64.trunc_f64_s': 0xb0,
  'i64.trunc_f64_u': 0xb1,
  'f32.convert_i32_s': 0xb2,
  'f32.convert_i32_u': 0xb3,
  'f32.convert_i64_s': 0xb4,
  'f32.convert_i64_u': 0xb5,
  'f32.demote_f64': 0xb6,
  'f64.convert_i32_s': 0xb7,
  'f64.convert_i32_u': 0xb8,
  'f64.convert_i64_s': 0xb9,
  'f64.convert_i64_u': 0xba,
  'f64.promote_f32': 0xbb,
  'i32.reinterpret_f32': 0xbc,
  'i64.reinterpret_f64': 0xbd,
  'f32.reinterpret_i32': 0xbe,
  'f64.reinterpret_i64': 0xbf,
} as const;

/** Saturating conversions; the source type follows `trunc_sat_`. */
export const saturateOps = {
  'i32.trunc_sat_f32_s': 0xfc_0000,
  'i32.trunc_sat_f32_u': 0xfc_0001,
  'i32.trunc_sat_f64_s': 0xfc_0002,
  'i32.trunc_sat_f64_u': 0xfc_0003,
  'i64.trunc_sat_f32_s': 0xfc_0004,
  'i64.trunc_sat_f32_u': 0xfc_0005,
  'i64.trunc_sat_f64_s': 0xfc_0006,
  'i64.trunc_sat_f64_u': 0xfc_0007,
} as const;

/** Address i32 -> T. */
export const loadOps = {
  'i32.load': 0x28,
  'i64.load': 0x29,
  'f32.load': 0x2a,
  'f64.load': 0x2b,
  'i32.load8_s': 0x2c,
  'i32.load8_u': 0x2d,
  'i32.load16_s': 0x2e,
  'i32.load16_u': 0x2f,
  'i64.load8_s': 0x30,
  'i64.load8_u': 0x31,
  'i64.load16_s': 0x32,
  'i64.load16_u': 0x33,
  'i64.load32_s': 0x34,
  'i64.load32_u': 0x35,
} as const;

/** Address i32, value T -> nothing. */
export const storeOps = {
  'i32.store': 0x36,
  'i64.store': 0x37,
  'f32.store': 0x38,
  'f64.store': 0x39,
  'i32.store8': 0x3a,
  'i32.store16': 0x3b,
  'i64.store8': 0x3c,
  'i64.store16': 0x3d,
  'i64.store32': 0x3e,
} as const;

/** The type before the `x` -> v128, in every lane. */
export const splatOps = { 'f32x4.splat': 0xfd_0013, 'f64x2.splat': 0xfd_0014 } as const;

/** v128 -> the type before the `x`; the lane is an immediate. */
export const extractOps = { 'f32x4.extract_lane': 0xfd_001f, 'f64x2.extract_lane': 0xfd_0021 } as const;

/** v128, v128, v128 -> v128: a * b + c in each lane, rounded once or twice as the host likes (relaxed SIMD). */
export const relaxedOps = { 'f32x4.relaxed_madd': 0xfd_0105, 'f64x2.relaxed_madd': 0xfd_0107 } as const;

/** Control, variables and the rest: each has its own shape of immediates (instr.ts). */
export const otherOps = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  br_if: 0x0d,
  br_table: 0x0e,
  return: 0x0f,
  call: 0x10,
  call_indirect: 0x11,
  return_call: 0x12,
  return_call_indirect: 0x13,
  drop: 0x1a,
  select: 0x1b,
  'local.get': 0x20,
  'local.set': 0x21,
  'local.tee': 0x22,
  'i32.const': 0x41,
  'i64.const': 0x42,
  'f32.const': 0x43,
  'f64.const': 0x44,
  'memory.copy': 0xfc_000a,
  'memory.fill': 0xfc_000b,
} as const;

export type UnaryOp = keyof typeof unaryOps;
export type BinaryOp = keyof typeof binaryOps;
export type TestOp = keyof typeof testOps;
export type CompareOp = keyof typeof compareOps;
export type ConvertOp = keyof typeof convertOps | keyof typeof saturateOps;
export type LoadOp = keyof typeof loadOps;
export type StoreOp = keyof typeof storeOps;
export type NumericOp = UnaryOp | BinaryOp | TestOp | CompareOp | ConvertOp;
export type SplatOp = keyof typeof splatOps;
export type ExtractOp = keyof typeof extractOps;
export type RelaxedOp = keyof typeof relaxedOps;
export type OtherOp = keyof typeof otherOps;
export type Op = NumericOp | LoadOp | StoreOp | SplatOp | ExtractOp | RelaxedOp | OtherOp;

/** The type before the point, and the source type of a conversion, read from the name. */
export type TypeOf<O extends string> = O extends `${infer T extends ValType}.${string}` ? T : never;
export type SourceOf<O extends ConvertOp> = O extends
  | `${string}_${infer T extends ValType}`
  | `${string}_${infer T extends ValType}_${'s' | 'u'}`
  ? T
  : never;

export const opcode: Readonly<Record<Op, number>> = {
  ...unaryOps,
  ...binaryOps,
  ...testOps,
  ...compareOps,
  ...convertOps,
  ...saturateOps,
  ...loadOps,
  ...storeOps,
  ...splatOps,
  ...extractOps,
  ...relaxedOps,
  ...otherOps,
};

const widthLog2 = (op: string): number =>
  Math.log2(Number(/(?:load|store)(8|16|32)/.exec(op)?.[1] ?? op.slice(1, 3)) / 8);
const log2ByOp = new Map<string, number>(Object.keys({ ...loadOps, ...storeOps }).map((op) => [op, widthLog2(op)]));
/** Base-2 logarithm of the bytes that a load or store touches, from its name. */
export const accessLog2 = (op: LoadOp | StoreOp): number => log2ByOp.get(op) ?? widthLog2(op);
