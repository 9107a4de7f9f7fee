// SBI base extension (chapter 4): what this firmware is, and what it offers.
#include "csr.h"
#include "sbi.h"

struct sbi_result ext_base(unsigned long function, const unsigned long arg[6]) {
  switch (function) {
    case 0:
      return sbi_value(SBI_VERSION);
    case 1:
      return sbi_value(SBI_IMPLEMENTATION_ID);
    case 2:
      return sbi_value(SBI_IMPLEMENTATION_VERSION);
    case 3:
      return sbi_value(sbi_has_extension(arg[0]));
    case 4:
      return sbi_value(csr_read(mvendorid));
    case 5:
      return sbi_value(csr_read(marchid));
    case 6:
      return sbi_value(csr_read(mimpid));
    default:
      return sbi_error(SBI_ERR_NOT_SUPPORTED);
  }
}
