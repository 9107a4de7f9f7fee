// Numbers of the SBI specification, version 2.0: errors, extensions, and one call's arguments and result.
#ifndef SBI_H
#define SBI_H

#define SBI_SUCCESS 0
#define SBI_ERR_FAILED (-1)
#define SBI_ERR_NOT_SUPPORTED (-2)
#define SBI_ERR_INVALID_PARAM (-3)
#define SBI_ERR_DENIED (-4)
#define SBI_ERR_INVALID_ADDRESS (-5)
#define SBI_ERR_ALREADY_AVAILABLE (-6)

#define SBI_VERSION (2UL << 24)
#define SBI_IMPLEMENTATION_ID 0x6c73UL  // no registered number: "ls"
#define SBI_IMPLEMENTATION_VERSION 1UL

#define EXT_BASE 0x10
#define EXT_TIME 0x54494d45
#define EXT_IPI 0x735049
#define EXT_RFENCE 0x52464e43
#define EXT_HSM 0x48534d
#define EXT_SRST 0x53525354
#define EXT_DBCN 0x4442434e
#define LEGACY_SET_TIMER 0
#define LEGACY_PUTCHAR 1
#define LEGACY_GETCHAR 2
#define LEGACY_SHUTDOWN 8

struct sbi_result {
  long error;
  unsigned long value;
};

// One extension's calls: `function` is a6, `arg` is a0 to a5.
typedef struct sbi_result sbi_handler(unsigned long function, const unsigned long arg[6]);
sbi_handler ext_base, ext_time, ext_ipi, ext_rfence, ext_hsm, ext_srst, ext_dbcn;

// ecall.c: whether base.probe_extension answers yes.
int sbi_has_extension(unsigned long extension);

static inline struct sbi_result sbi_error(long error) {
  return (struct sbi_result){.error = error, .value = 0};
}
static inline struct sbi_result sbi_value(unsigned long value) {
  return (struct sbi_result){.error = SBI_SUCCESS, .value = value};
}

#endif
