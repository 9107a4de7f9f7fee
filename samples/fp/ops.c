// One function for each floating-point instruction of the F and D extensions, named by its assembly text.
// Operands and results pass through integer registers, so that NaN payloads and boxing are seen as they are.
// The rounding mode is the dynamic one (frm) except where the text names a static mode.
#include "ops.h"

#define IN_D "fmv.d.x "
#define IN_S "fmv.w.x "
#define OUT_D "fmv.x.d %[r], ft3\n"
#define OUT_S "fmv.x.w %[r], ft3\n"
#define OUT_X ""

// `text` uses ft0, ft1, ft2 and %[a] as sources, ft3 or %[r] as destination.
#define FUNCTION(name, in, text, out) \
  static uint64_t name(uint64_t a, uint64_t b, uint64_t c) { \
    uint64_t r; \
    asm volatile(in "ft0, %[a]\n" in "ft1, %[b]\n" in "ft2, %[c]\n" text "\n" out \
                 : [r] "=&r"(r) \
                 : [a] "r"(a), [b] "r"(b), [c] "r"(c) \
                 : "ft0", "ft1", "ft2", "ft3", "memory"); \
    return r; \
  }

// Each row: C name, printed name, operand table, arity, way in, instruction, way out.
#define BOTH(X, insn, arity, sources) \
  X(insn##_d, #insn ".d", DOUBLES, arity, IN_D, #insn ".d ft3, " sources, OUT_D) \
  X(insn##_s, #insn ".s", SINGLES, arity, IN_S, #insn ".s ft3, " sources, OUT_S)
#define BOTH_TO_X(X, insn, arity, sources) \
  X(insn##_d, #insn ".d", DOUBLES, arity, IN_D, #insn ".d %[r], " sources, OUT_X) \
  X(insn##_s, #insn ".s", SINGLES, arity, IN_S, #insn ".s %[r], " sources, OUT_X)
#define TO_INTEGER(X, type) \
  X(fcvt_##type##_d, "fcvt." #type ".d", DOUBLES, 1, IN_D, "fcvt." #type ".d %[r], ft0, dyn", OUT_X) \
  X(fcvt_##type##_s, "fcvt." #type ".s", SINGLES, 1, IN_S, "fcvt." #type ".s %[r], ft0, dyn", OUT_X)
#define FROM_INTEGER(X, type) \
  X(fcvt_d_##type, "fcvt.d." #type, INTEGERS, 1, IN_D, "fcvt.d." #type " ft3, %[a]", OUT_D) \
  X(fcvt_s_##type, "fcvt.s." #type, INTEGERS, 1, IN_S, "fcvt.s." #type " ft3, %[a]", OUT_S)
#define STATIC(X, mode) \
  X(fadd_d_##mode, "fadd.d " #mode, DOUBLES, 2, IN_D, "fadd.d ft3, ft0, ft1, " #mode, OUT_D) \
  X(fmul_s_##mode, "fmul.s " #mode, SINGLES, 2, IN_S, "fmul.s ft3, ft0, ft1, " #mode, OUT_S) \
  X(fcvt_w_d_##mode, "fcvt.w.d " #mode, DOUBLES, 1, IN_D, "fcvt.w.d %[r], ft0, " #mode, OUT_X)

#define ALL(X) \
  BOTH(X, fadd, 2, "ft0, ft1") \
  BOTH(X, fsub, 2, "ft0, ft1") \
  BOTH(X, fmul, 2, "ft0, ft1") \
  BOTH(X, fdiv, 2, "ft0, ft1") \
  BOTH(X, fsqrt, 1, "ft0") \
  BOTH(X, fmadd, 3, "ft0, ft1, ft2") \
  BOTH(X, fmsub, 3, "ft0, ft1, ft2") \
  BOTH(X, fnmadd, 3, "ft0, ft1, ft2") \
  BOTH(X, fnmsub, 3, "ft0, ft1, ft2") \
  BOTH(X, fmin, 2, "ft0, ft1") \
  BOTH(X, fmax, 2, "ft0, ft1") \
  BOTH(X, fsgnj, 2, "ft0, ft1") \
  BOTH(X, fsgnjn, 2, "ft0, ft1") \
  BOTH(X, fsgnjx, 2, "ft0, ft1") \
  BOTH_TO_X(X, feq, 2, "ft0, ft1") \
  BOTH_TO_X(X, flt, 2, "ft0, ft1") \
  BOTH_TO_X(X, fle, 2, "ft0, ft1") \
  BOTH_TO_X(X, fclass, 1, "ft0") \
  TO_INTEGER(X, w) \
  TO_INTEGER(X, wu) \
  TO_INTEGER(X, l) \
  TO_INTEGER(X, lu) \
  FROM_INTEGER(X, w) \
  FROM_INTEGER(X, wu) \
  FROM_INTEGER(X, l) \
  FROM_INTEGER(X, lu) \
  X(fcvt_s_d, "fcvt.s.d", DOUBLES, 1, IN_D, "fcvt.s.d ft3, ft0", OUT_S) \
  X(fcvt_d_s, "fcvt.d.s", SINGLES, 1, IN_S, "fcvt.d.s ft3, ft0", OUT_D) \
  X(boxed, "fmul.s boxed", SINGLES, 2, IN_S, "fmul.s ft3, ft0, ft1", OUT_D) \
  X(unboxed, "fadd.s unboxed", DOUBLES, 2, IN_D, "fadd.s ft3, ft0, ft1", OUT_D) \
  STATIC(X, rne) \
  STATIC(X, rtz) \
  STATIC(X, rdn) \
  STATIC(X, rup) \
  STATIC(X, rmm)

#define AS_FUNCTION(c_name, name, operands, arity, in, text, out) FUNCTION(c_name, in, text, out)
#define AS_ROW(c_name, name, operands, arity, in, text, out) {name, operands, arity, c_name},

ALL(AS_FUNCTION)
const struct op ops[] = {ALL(AS_ROW)};
const unsigned op_count = sizeof ops / sizeof ops[0];
