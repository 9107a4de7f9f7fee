// SBI system reset (chapter 10), through the test finisher: shutdown says pass, or fail with code 1 when the supervisor
// gives "system failure" as its reason; both kinds of reboot reset the machine.
#include "finisher.h"
#include "sbi.h"

enum { SHUTDOWN = 0, COLD_REBOOT = 1, WARM_REBOOT = 2 };
enum { NO_REASON = 0, SYSTEM_FAILURE = 1 };

struct sbi_result ext_srst(unsigned long function, const unsigned long arg[6]) {
  unsigned type = (unsigned)arg[0], reason = (unsigned)arg[1];
  if (function != 0) return sbi_error(SBI_ERR_NOT_SUPPORTED);
  if (type > WARM_REBOOT || reason > SYSTEM_FAILURE) return sbi_error(SBI_ERR_INVALID_PARAM);
  if (type != SHUTDOWN) finish_reset();
  finish(reason == NO_REASON ? 0 : 1);
}
