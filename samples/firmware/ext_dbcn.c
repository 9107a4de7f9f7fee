// SBI debug console (chapter 12) on the UART. Memory is named by physical address and reached byte by byte under guard,
// so that an address with nothing behind it is an error of the caller and not a trap of the firmware.
#include "board.h"
#include "guard.h"
#include "hart.h"
#include "sbi.h"
#include "uart.h"

enum { WRITE = 0, READ = 1, WRITE_BYTE = 2 };

static bool is_callers_memory(unsigned long address, unsigned long count, unsigned long high) {
  if (high != 0 || address + count < address) return false;
  return address + count <= RAM_BASE || address >= RAM_BASE + FIRMWARE_SIZE;
}

static struct sbi_result console_write(unsigned long count, unsigned long address) {
  for (unsigned long i = 0; i < count; i++) {
    unsigned char byte;
    if (!guarded_load8(address + i, &byte)) return sbi_error(SBI_ERR_INVALID_PARAM);
    uart_put((char)byte);
  }
  return sbi_value(count);
}

static struct sbi_result console_read(unsigned long count, unsigned long address) {
  unsigned long done = 0;
  for (int byte; done < count && (byte = uart_get()) >= 0; done++) {
    if (!guarded_store8(address + done, byte)) return sbi_error(SBI_ERR_INVALID_PARAM);
  }
  return sbi_value(done);
}

struct sbi_result ext_dbcn(unsigned long function, const unsigned long arg[6]) {
  if (function == WRITE_BYTE) {
    uart_put((char)arg[0]);
    return sbi_value(0);
  }
  if (function > WRITE_BYTE) return sbi_error(SBI_ERR_NOT_SUPPORTED);
  if (!is_callers_memory(arg[1], arg[0], arg[2])) return sbi_error(SBI_ERR_INVALID_PARAM);
  return function == WRITE ? console_write(arg[0], arg[1]) : console_read(arg[0], arg[1]);
}
