// `fp`: every floating-point instruction over edge operands in all five rounding modes, then ordinary code. Prints, for
// each, a hash of all results and flags and the flags seen. Nothing here differs between runs: expected.txt is what
// must come out.
#include "bytes.h"
#include "csr.h"
#include "operands.h"
#include "ops.h"
#include "print.h"
#include "workload.h"

static const char *const modes[] = {"rne", "rtz", "rdn", "rup", "rmm"};
enum { MODES = COUNT(modes) };

static uint64_t total = FNV_START;

static uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9fb21c651e98df25UL;
  return hash ^ hash >> 29;
}

static void report(const char *name, uint64_t hash, unsigned long flags) {
  print("%s %016lx %02lx\n", name, hash, flags);
  total = mix(mix(total, hash), flags);
}

static const uint64_t *table_of(enum operands operands, unsigned *count) {
  switch (operands) {
    case DOUBLES:
      *count = COUNT(doubles);
      return doubles;
    case SINGLES:
      *count = COUNT(singles);
      return singles;
    default:
      *count = COUNT(integers);
      return integers;
  }
}

// One instruction over all its operands in the rounding mode of now.
static uint64_t sweep(const struct op *op, uint64_t hash, unsigned long *flags) {
  unsigned count, step = op->arity == 3 ? TERNARY_STEP : 1;
  const uint64_t *table = table_of(op->operands, &count);
  for (unsigned a = 0; a < count; a += step) {
    for (unsigned b = 0; b < (op->arity > 1 ? count : 1); b += step) {
      for (unsigned c = 0; c < (op->arity > 2 ? count : 1); c += step) {
        csr_write(fflags, 0);
        uint64_t result = op->run(table[a], table[b], table[c]);
        unsigned long raised = csr_read(fflags);
        hash = mix(hash, result + (raised << 59));
        *flags |= raised;
      }
    }
  }
  return hash;
}

static void run_instructions(void) {
  for (const struct op *op = ops; op < ops + op_count; op++) {
    uint64_t hash = FNV_START;
    unsigned long flags = 0;
    for (unsigned long mode = 0; mode < MODES; mode++) {
      csr_write(frm, mode);
      hash = sweep(op, hash, &flags);
    }
    report(op->name, hash, flags);
  }
}

static void run_workload(void) {
  for (unsigned long mode = 0; mode < MODES; mode++) {
    csr_write(fcsr, mode << 5);
    double result = workload();
    unsigned long flags = csr_read(fflags);
    uint64_t bits;
    memcpy(&bits, &result, sizeof bits);
    print("workload ");
    report(modes[mode], bits, flags);
  }
}

// Apart from main, so that no floating-point register is touched before the unit is on.
static __attribute__((noinline)) void run(void) {
  run_instructions();
  run_workload();
  print("fp: total %016lx\n", total);
}

int main(void) {
  csr_set(mstatus, MSTATUS_FS_INITIAL);
  run();
  return 0;
}
