// Boot: the first hart sets itself up and goes to the next stage; the others wait in park().
#include "fdt_reserve.h"
#include "hart.h"
#include "print.h"
#include "uart.h"

struct hart harts[MAX_HARTS] __attribute__((aligned(16)));

// What the loader leaves for a firmware (OpenSBI's fw_dynamic, version 2). Version 1 ends before boot_hart.
struct fw_dynamic_info {
  unsigned long magic;
  unsigned long version;
  unsigned long next_addr;
  unsigned long next_mode;
  unsigned long options;
  unsigned long boot_hart;
};
#define INFO_MAGIC 0x4942534fUL
// Where the next stage is when no loader says so.
#define DEFAULT_NEXT 0x80200000UL
#define MODE_S 1UL

static void mark_harts_absent(void) {
  for (unsigned long id = 0; id < MAX_HARTS; id++) {
    uint32_t zero = 0;
    // A hart that came here first has already said that it is stopped.
    __atomic_compare_exchange_n(&harts[id].state, &zero, HART_ABSENT, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
  }
}

__attribute__((noreturn)) void boot_hart(unsigned long id, void *device_tree, const struct fw_dynamic_info *info) {
  bool told = info != 0 && (uint32_t)info->magic == INFO_MAGIC;
  unsigned long next = told ? info->next_addr : DEFAULT_NEXT;
  unsigned long mode = told ? info->next_mode : MODE_S;
  mark_harts_absent();
  uart_init();
  setup_hart();
  reset_supervisor(mode);
  fdt_reserve_firmware(device_tree);
  print("lockstep firmware: SBI 2.0, timer %s, next stage %lx\n", has_sstc ? "stimecmp" : "mtimecmp", next);
  set_hart_state(id, HART_STARTED);
  enter(id, (unsigned long)device_tree, next);
}

__attribute__((noreturn)) void other_hart(void) {
  setup_hart();
  park();
}
