// The kernels in M-mode, on the samples' start code and console. Words of the command line: kernels=NAME[,NAME...]
// and factor=N. Prints for each kernel
//   @@BEGIN name
//   @@END name instructions checksum
// and ends with status 0; 2 for a name that is not a kernel's.
#include "bootargs.h"
#include "bytes.h"
#include "csr.h"
#include "list.h"
#include "print.h"

static const struct kernel *find(const char *name, size_t length) {
  for (size_t i = 0; i < COUNT(cpu_kernels); i++) {
    if (strlen(cpu_kernels[i].name) == length && memcmp(cpu_kernels[i].name, name, length) == 0) return &cpu_kernels[i];
  }
  return 0;
}

static void run(const struct kernel *kernel, unsigned factor) {
  print("@@BEGIN %s\n", kernel->name);
  unsigned long before = csr_read(instret);
  uint64_t sum = kernel->run(factor);
  unsigned long after = csr_read(instret);
  print("@@END %s %lu %016lx\n", kernel->name, after - before, sum);
}

int main(const void *tree) {
  csr_set(mstatus, MSTATUS_FS_INITIAL);
  unsigned long left = 0;
  const char *names = bootargs_text(tree, "kernels", &left);
  unsigned factor = (unsigned)bootargs_number(tree, "factor", 1);
  while (names && left > 0) {
    size_t length = 0;
    while (length < left && names[length] != ',') length++;
    const struct kernel *kernel = find(names, length);
    if (kernel == 0) {
      print("bench: no such kernel\n");
      return 2;
    }
    run(kernel, factor);
    names += length;
    left -= length;
    if (left > 0) names++, left--;
  }
  return 0;
}
