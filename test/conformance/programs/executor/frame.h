/* What passes between main.c, state.c and start.S: the register frame of a case and what its trap left. */
#ifndef FRAME_H
#define FRAME_H
#include <stdint.h>

typedef uint64_t u64;

struct frame {
    u64 x[32], f[32]; /* before the case: what to load; after: what was found */
    u64 own[16];      /* start.S: ra, sp, gp, tp, s0 to s11 of the executor */
};

/* Trap fields in the order of their selectors (layout.ts). */
struct trap {
    u64 cause; /* mcause + 1 */
    u64 epc, tval, mstatus, mip, scause, sepc, stval, fcsr;
};

void enter(struct frame *);
void trapped(void);
void load_f(struct frame *);
void save_f(struct frame *);

void reset_csrs(void);
void reset_pmp(void);
void read_trap(struct trap *);

#define CODE 0x80201000UL /* the case's code, in the middle of a field of c.ebreak */
#define FIELD_START 0x80200000UL
#define FIELD_END 0x80204000UL
#define DATA 0x80304000UL /* registers point here unless a case says otherwise */
#define DATA_START 0x80303000UL /* what is filled with the pattern */
#define DATA_END 0x80308000UL
#define CASES 0x80400000UL
#endif
