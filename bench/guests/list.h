// The kernels that run anywhere, by name.
#ifndef LIST_H
#define LIST_H

#include "bench.h"

static const struct kernel cpu_kernels[] = {
  {"intmix", kernel_intmix}, {"sha256", kernel_sha256},     {"sieve", kernel_sieve},
  {"quicksort", kernel_quicksort}, {"chase", kernel_chase}, {"lz", kernel_lz},
  {"bytecode", kernel_bytecode}, {"nbody", kernel_nbody},   {"matmul", kernel_matmul},
};

#endif
