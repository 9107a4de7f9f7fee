/* The state every case starts from, and what is read after its trap. Not cleared: menvcfg.ADUE, which keeps its reset
 * value (hardware updates of A and D), and PMP entry 15, which grants everything that no other entry matches. */
#include "frame.h"

#define CSRW(csr, value) __asm__ volatile("csrw " #csr ", %0" ::"r"((u64)(value)) : "memory")
#define CSRC(csr, value) __asm__ volatile("csrc " #csr ", %0" ::"r"((u64)(value)) : "memory")
#define CSRR(csr) ({ u64 v_; __asm__ volatile("csrr %0, " #csr : "=r"(v_)::"memory"); v_; })

#define MSTATUS_START 0xa00003800UL /* UXL = SXL = 64, FS = Initial, MPP = M */

void reset_csrs(void)
{
    static u64 word;
    CSRW(mstatus, MSTATUS_START);
    CSRW(medeleg, 0);
    CSRW(mideleg, 0);
    CSRW(mie, 0);
    CSRC(0x30a, 1UL << 63 | 0xf1); /* menvcfg: STCE, CBZE, CBCFE, CBIE, FIOM */
    CSRW(0x10a, 0);                /* senvcfg */
    CSRW(mip, 0);
    CSRW(satp, 0);
    CSRW(mcounteren, 7);
    CSRW(scounteren, 7);
    CSRW(mcountinhibit, 0);
    CSRW(mtvec, (u64)trapped);
    CSRW(stvec, 0x80001000UL);
    CSRW(sscratch, 0x1111);
    CSRW(sepc, 0x8002222); /* nothing is there */
    CSRW(scause, 0x33);
    CSRW(stval, 0x4444);
    CSRW(0x14d, ~0UL); /* stimecmp */
    *(volatile uint32_t *)0x2000000 = 0;     /* CLINT msip */
    *(volatile u64 *)0x2004000 = ~0UL;       /* CLINT mtimecmp */
    CSRW(fcsr, 0);
    __asm__ volatile("sc.d zero, zero, (%0)\n\tsfence.vma" ::"r"(&word) : "memory");
    CSRW(mstatus, MSTATUS_START); /* FS: Initial again */
}

void reset_pmp(void)
{
    CSRW(pmpcfg0, 0);
    CSRW(pmpcfg2, 0x1fUL << 56);
    CSRW(pmpaddr15, ~0UL);
    CSRW(pmpaddr0, 0);
    CSRW(pmpaddr1, 0);
    CSRW(pmpaddr2, 0);
    CSRW(pmpaddr3, 0);
    CSRW(pmpaddr4, 0);
    CSRW(pmpaddr5, 0);
    CSRW(pmpaddr6, 0);
    CSRW(pmpaddr7, 0);
    __asm__ volatile("sfence.vma" ::: "memory");
}

void read_trap(struct trap *t)
{
    t->mstatus = CSRR(mstatus);
    t->cause = CSRR(mcause) + 1;
    t->epc = CSRR(mepc);
    t->tval = CSRR(mtval);
    t->mip = CSRR(mip);
    t->scause = CSRR(scause);
    t->sepc = CSRR(sepc);
    t->stval = CSRR(stval);
    CSRW(mstatus, MSTATUS_START);
    t->fcsr = CSRR(fcsr);
}
