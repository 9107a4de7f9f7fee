// Dispatch of `ecall` from S-mode by extension number (a7). The legacy calls answer in a0 alone, the others in a0 and
// a1.
#include <stddef.h>

#include "ecall.h"
#include "finisher.h"
#include "sbi.h"
#include "uart.h"

static const struct {
  unsigned long extension;
  sbi_handler *handler;
} extensions[] = {
    {EXT_BASE, ext_base},     {EXT_TIME, ext_time}, {EXT_IPI, ext_ipi},   {EXT_RFENCE, ext_rfence},
    {EXT_HSM, ext_hsm},       {EXT_SRST, ext_srst}, {EXT_DBCN, ext_dbcn},
};

static sbi_handler *find(unsigned long extension) {
  for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
    if (extensions[i].extension == extension) return extensions[i].handler;
  }
  return NULL;
}

static int is_legacy(unsigned long extension) {
  return extension <= LEGACY_GETCHAR || extension == LEGACY_SHUTDOWN;
}

static long legacy_call(unsigned long extension, unsigned long argument) {
  switch (extension) {
    case LEGACY_SET_TIMER:
      timer_set(argument);
      return 0;
    case LEGACY_PUTCHAR:
      uart_put((char)argument);
      return 0;
    case LEGACY_GETCHAR:
      return uart_get();
    default:
      finish(0);
  }
}

int sbi_has_extension(unsigned long extension) { return is_legacy(extension) || find(extension) != NULL; }

void ecall(struct frame *frame) {
  unsigned long *x = frame->x;
  frame->mepc += 4;
  if (is_legacy(x[A7])) {
    x[A0] = (unsigned long)legacy_call(x[A7], x[A0]);
    return;
  }
  sbi_handler *handler = find(x[A7]);
  struct sbi_result result = handler ? handler(x[A6], &x[A0]) : sbi_error(SBI_ERR_NOT_SUPPORTED);
  x[A0] = (unsigned long)result.error;
  x[A1] = result.value;
}
