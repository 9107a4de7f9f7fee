// Per-hart state of the firmware, and what the assembly and the C parts agree on.
// Invariant: mscratch holds &harts[id].frame outside the trap handler; the hart's stack grows down from that frame.
#ifndef HART_H
#define HART_H

#define MAX_HARTS 8
#define HART_BYTES 4096
#define FRAME_BYTES (34 * 8)
#define FRAME_MEPC (32 * 8)
#define FRAME_MSTATUS (33 * 8)

// What PMP keeps from S and U: the firmware's own memory (a power of two, naturally aligned).
#define FIRMWARE_SIZE 0x20000

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

// The interrupted context: x[1] to x[31] by register number.
struct frame {
  unsigned long x[32];
  unsigned long mepc;
  unsigned long mstatus;
};
_Static_assert(sizeof(struct frame) == FRAME_BYTES, "entry.S lays out the same frame");

enum { A0 = 10, A1, A2, A3, A4, A5, A6, A7 };

// SBI HSM states that this firmware gives (SBI v2.0, table "HSM Hart States"). ABSENT: the hart never came to the
// firmware.
enum hart_state { HART_STARTED = 0, HART_STOPPED = 1, HART_START_PENDING = 2, HART_SUSPENDED = 4, HART_ABSENT = 0x100 };

// Reasons for a machine software interrupt, as bits of `mail`.
enum { MAIL_IPI = 1, MAIL_FENCE = 2 };

struct hart {
  // Written by other harts: always through __atomic built-ins.
  uint32_t state;
  uint32_t mail;
  // Where HSM hart_start sends this hart; valid while the state is HART_START_PENDING.
  unsigned long start_address;
  unsigned long start_argument;
  unsigned char stack[HART_BYTES - FRAME_BYTES - 24] __attribute__((aligned(8)));
  struct frame frame;
};
_Static_assert(sizeof(struct hart) == HART_BYTES, "entry.S finds a hart by shifting its id");

extern struct hart harts[MAX_HARTS];
extern bool has_sstc;
extern bool has_time_csr;

static inline unsigned long this_hart(void) {
  unsigned long id;
  asm("csrr %0, mhartid" : "=r"(id));
  return id;
}

static inline uint32_t hart_state(unsigned long id) { return __atomic_load_n(&harts[id].state, __ATOMIC_ACQUIRE); }
static inline void set_hart_state(unsigned long id, uint32_t state) {
  __atomic_store_n(&harts[id].state, state, __ATOMIC_RELEASE);
}

// entry.S: leaves M-mode for `address`, with a0 = argument0 and a1 = argument1; mstatus.MPP says the mode.
__attribute__((noreturn)) void enter(unsigned long argument0, unsigned long argument1, unsigned long address);

// park.c: waits, stopped, until HSM hart_start names this hart; then goes where it says, in S-mode.
__attribute__((noreturn)) void park(void);

// setup.c: this hart's CSRs, PMP and delegation; and a clean supervisor state before each entry to S-mode.
void setup_hart(void);
void reset_supervisor(unsigned long next_mode);

// trap.c: called by entry.S with the interrupted context.
void trap(struct frame *frame);

// timer.c
void timer_set(uint64_t at);
void timer_interrupt(void);

// remote.c: delivers this hart's mail.
void remote_interrupt(void);

#endif
#endif
