// Operands at which floating-point units go wrong: zeroes, subnormals, the ends of each range, ties, infinities, NaNs.
#ifndef OPERANDS_H
#define OPERANDS_H

#include <stdint.h>

static const uint64_t doubles[] = {
    0x0000000000000000, 0x8000000000000000,  // zeroes
    0x3ff0000000000000, 0xbff0000000000000,  // 1, -1
    0x3ff0000000000001, 0x3fefffffffffffff,  // next to 1
    0x0000000000000001, 0x800fffffffffffff,  // smallest and largest subnormal
    0x0010000000000000, 0x7fefffffffffffff,  // smallest and largest normal
    0x7ff0000000000000, 0xfff0000000000000,  // infinities
    0x7ff8000000000000, 0xfff4000000000001,  // quiet and signalling NaN
    0x4008000000000000, 0x3fb999999999999a,  // 3, 0.1
    0x3fe0000000000000, 0xc004000000000000,  // 0.5, -2.5: ties when made an integer
    0x41dfffffffe00000, 0xc1e0000000100000,  // 2^31 - 0.5, -(2^31 + 0.5)
    0x43e0000000000000, 0x43f0000000000000,  // 2^63, 2^64
    0x36a0000000000000, 0x47efffffefffffff,  // halfway below the smallest single, just below the rounding to infinity
    0x1e5a827999fcef34, 0x5e4000000000abcd,  // products of these are near the ends of the range
};

static const uint64_t singles[] = {
    0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x3f800001, 0x3f7fffff, 0x00000001, 0x807fffff, 0x00800000,
    0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffa00001, 0x40400000, 0x3dcccccd, 0x3f000000, 0xc0200000,
    0x4effffff, 0xcf000001, 0x5f000000, 0x5f800000, 0x1fb504f3, 0x5f3504f3, 0x0c800000, 0x72ffffff,
};

static const uint64_t integers[] = {
    0, 1, -1UL, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000,
    0x1000001, 0x1000003, 0x20000000000001, 0x20000000000003,
    0xfffffffffffffbff, 0xfffffffffffffc00, 0x7ffffffffffffe00,
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
// Three-operand instructions take only every second entry of a table: the cube grows fast.
#define TERNARY_STEP 2

#endif
