// `count`: says one number after another at a fixed interval of guest time, sleeping in between. For watching a machine
// that goes on: replayed, moved or taken over. Command line: every=MILLISECONDS (100), to=LAST (0: never ends).
#include "bootargs.h"
#include "clint.h"
#include "csr.h"
#include "print.h"

int main(const void *device_tree) {
  unsigned long interval = bootargs_number(device_tree, "every", 100) * (TIME_HZ / 1000);
  unsigned long last = bootargs_number(device_tree, "to", 0);
  unsigned long due = clint_mtime();
  csr_write(mie, 1UL << IRQ_MTI);
  for (unsigned long number = 1; number <= last || last == 0; number++) {
    due += interval;
    clint_set_mtimecmp(0, due);
    // Interrupts are off: wfi ends when the timer's is pending. It may also end early.
    while (clint_mtime() < due) wfi();
    print("count %lu\n", number);
  }
  return 0;
}
