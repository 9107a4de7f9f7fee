// One instruction that may trap, run in M-mode without a trap handler: mtvec points just past it while it runs.
// Each yields true when the instruction completed. Interrupts must be off (mstatus.MIE = 0).
// A trap leaves mepc, mcause, mtval, mstatus.MPP and mstatus.MPIE changed: code inside a trap handler must have saved
// them.
#ifndef GUARD_H
#define GUARD_H

#include "csr.h"

#define GUARD_BEGIN \
  "li %[ok], 0\n" \
  "la %[vector], 1f\n" \
  "csrrw %[vector], mtvec, %[vector]\n"
#define GUARD_END \
  "li %[ok], 1\n" \
  ".balign 4\n" \
  "1: csrw mtvec, %[vector]"

// Reads `csr` into *into; *into is 0 when it trapped.
#define guarded_csr_read(csr, into) \
  ({ \
    unsigned long ok_, vector_, value_ = 0; \
    asm volatile(GUARD_BEGIN "csrr %[value], " CSR_TEXT(csr) "\n" GUARD_END \
                 : [ok] "=&r"(ok_), [vector] "=&r"(vector_), [value] "+&r"(value_)::"memory"); \
    *(into) = value_; \
    ok_ != 0; \
  })

// csrrw: the form of access that the `seed` CSR asks for. Otherwise as guarded_csr_read.
#define guarded_csr_swap(csr, into) \
  ({ \
    unsigned long ok_, vector_, value_ = 0; \
    asm volatile(GUARD_BEGIN "csrrw %[value], " CSR_TEXT(csr) ", zero\n" GUARD_END \
                 : [ok] "=&r"(ok_), [vector] "=&r"(vector_), [value] "+&r"(value_)::"memory"); \
    *(into) = value_; \
    ok_ != 0; \
  })

#define guarded_csr_set(csr, bits) \
  ({ \
    unsigned long ok_, vector_; \
    asm volatile(GUARD_BEGIN "csrs " CSR_TEXT(csr) ", %[mask]\n" GUARD_END \
                 : [ok] "=&r"(ok_), [vector] "=&r"(vector_) \
                 : [mask] "r"(bits) \
                 : "memory"); \
    ok_ != 0; \
  })

#define guarded_load8(address, into) \
  ({ \
    unsigned long ok_, vector_, value_ = 0; \
    asm volatile(GUARD_BEGIN "lbu %[value], 0(%[from])\n" GUARD_END \
                 : [ok] "=&r"(ok_), [vector] "=&r"(vector_), [value] "+&r"(value_) \
                 : [from] "r"(address) \
                 : "memory"); \
    *(into) = (unsigned char)value_; \
    ok_ != 0; \
  })

#define guarded_store8(address, byte) \
  ({ \
    unsigned long ok_, vector_; \
    asm volatile(GUARD_BEGIN "sb %[value], 0(%[to])\n" GUARD_END \
                 : [ok] "=&r"(ok_), [vector] "=&r"(vector_) \
                 : [to] "r"(address), [value] "r"((unsigned long)(byte)) \
                 : "memory"); \
    ok_ != 0; \
  })

#endif
