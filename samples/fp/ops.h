// The floating-point instructions that `fp` runs, as functions of raw register contents.
#ifndef OPS_H
#define OPS_H

#include <stdint.h>

// Which table the operands come from.
enum operands { DOUBLES, SINGLES, INTEGERS };

struct op {
  const char *name;
  enum operands operands;
  unsigned arity;
  uint64_t (*run)(uint64_t a, uint64_t b, uint64_t c);
};

extern const struct op ops[];
extern const unsigned op_count;

#endif
