// SBI hart state management (chapter 9): start, stop, status, and the retentive kind of suspend.
// A hart that stops or waits to be started is in park(); see hart.h for the states.
#include "board.h"
#include "clint.h"
#include "csr.h"
#include "hart.h"
#include "sbi.h"

static struct sbi_result hart_start(unsigned long id, unsigned long address, unsigned long argument) {
  if (id >= MAX_HARTS || hart_state(id) == HART_ABSENT) return sbi_error(SBI_ERR_INVALID_PARAM);
  if (address - RAM_BASE < FIRMWARE_SIZE) return sbi_error(SBI_ERR_INVALID_ADDRESS);
  if (hart_state(id) != HART_STOPPED) return sbi_error(SBI_ERR_ALREADY_AVAILABLE);
  harts[id].start_address = address;
  harts[id].start_argument = argument;
  set_hart_state(id, HART_START_PENDING);
  clint_set_msip(id, 1);
  return sbi_value(0);
}

// Suspend type 0 keeps the hart's state: it is a wfi that any interrupt the supervisor has enabled in `sie` ends.
static struct sbi_result hart_suspend(unsigned long type) {
  if (type != 0) return sbi_error(SBI_ERR_NOT_SUPPORTED);
  set_hart_state(this_hart(), HART_SUSPENDED);
  csr_set(mie, 1UL << IRQ_MSI);
  wfi();
  set_hart_state(this_hart(), HART_STARTED);
  return sbi_value(0);
}

struct sbi_result ext_hsm(unsigned long function, const unsigned long arg[6]) {
  switch (function) {
    case 0:
      return hart_start(arg[0], arg[1], arg[2]);
    case 1:
      park();
    case 2:
      if (arg[0] >= MAX_HARTS || hart_state(arg[0]) == HART_ABSENT) return sbi_error(SBI_ERR_INVALID_PARAM);
      return sbi_value(hart_state(arg[0]));
    case 3:
      return hart_suspend((uint32_t)arg[0]);
    default:
      return sbi_error(SBI_ERR_NOT_SUPPORTED);
  }
}
