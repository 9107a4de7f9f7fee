// Access to control and status registers, and the bits of them that the samples name.
// RISC-V privileged manual, "CSR Listing". CSRs that the assembler may not know by name are given by number.
#ifndef CSR_H
#define CSR_H

#define CSR_SEED 0x015
#define CSR_STIMECMP 0x14d
#define CSR_MENVCFG 0x30a
#define CSR_MSECCFG 0x747

#define MSTATUS_SIE (1 << 1)
#define MSTATUS_MIE (1 << 3)
#define MSTATUS_SPIE (1 << 5)
#define MSTATUS_MPIE (1 << 7)
#define MSTATUS_SPP (1 << 8)
#define MSTATUS_MPP_SHIFT 11
#define MSTATUS_MPP (3 << MSTATUS_MPP_SHIFT)
#define MSTATUS_FS_INITIAL (1 << 13)

#define IRQ_SSI 1
#define IRQ_MSI 3
#define IRQ_STI 5
#define IRQ_MTI 7
#define IRQ_SEI 9
#define IRQ_MEI 11
#define MCAUSE_INTERRUPT (1UL << 63)

#ifndef __ASSEMBLER__
#define CSR_TEXT_(csr) #csr
#define CSR_TEXT(csr) CSR_TEXT_(csr)

#define csr_read(csr) \
  ({ \
    unsigned long value_; \
    asm volatile("csrr %0, " CSR_TEXT(csr) : "=r"(value_)::"memory"); \
    value_; \
  })
#define csr_write(csr, value) asm volatile("csrw " CSR_TEXT(csr) ", %0" ::"rK"(value) : "memory")
#define csr_set(csr, bits) asm volatile("csrs " CSR_TEXT(csr) ", %0" ::"rK"(bits) : "memory")
#define csr_clear(csr, bits) asm volatile("csrc " CSR_TEXT(csr) ", %0" ::"rK"(bits) : "memory")

#define wfi() asm volatile("wfi" ::: "memory")

#endif
#endif
