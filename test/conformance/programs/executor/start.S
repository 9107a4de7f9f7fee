# The executor's assembly: entry, trap tables, and the two ways across: enter() loads every integer register and jumps
# to the case's code by mret; the trap handler stores every integer register and returns from enter().
# struct frame (frame.h): x0 to x31 at 0, f0 to f31 at 256, the executor's own registers at 512.
        .section .text.start
        .globl  _start
_start:
        csrr    t0, mhartid
        bnez    t0, park
        la      t0, trapped
        csrw    mtvec, t0
        la      sp, stack_top
        call    main
        li      t1, 0x5555              # test finisher: pass
        li      t0, 0x100000
        sw      t1, 0(t0)
1:      j       1b
park:                                   # other harts of QEMU (qemu.ts) have no part in it
        wfi
        j       park

# Trap tables at fixed addresses, each entry 4 bytes, so that vectored traps show where they landed.
        .section .text.tables, "ax"
        .option norvc
s_table:                                # 0x80001000: from S-mode on into M-mode with cause 9
        .rept   64
        ecall
        .endr
s_break_table:                          # 0x80001100: the same with cause 3
        .rept   64
        ebreak
        .endr
m_table:                                # 0x80001200: vectored M-mode traps; t6 tells the entry
        .rept   64
        jal     t6, trapped
        .endr

        .text
        .globl  enter, load_f, save_f, trapped
# void enter(struct frame *): runs the case from its mepc in M-mode until it traps to M-mode.
enter:
        csrw    mscratch, a0
        sd      ra, 512(a0)
        sd      sp, 520(a0)
        sd      gp, 528(a0)
        sd      tp, 536(a0)
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11
        sd      s\n, 544+8*\n(a0)
        .endr
        mv      sp, a0
        .irp    n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        ld      x\n, 8*\n(sp)
        .endr
        ld      sp, 16(sp)
        mret
        .balign 4
trapped:
        csrrw   sp, mscratch, sp
        .irp    n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sd      x\n, 8*\n(sp)
        .endr
        mv      a0, sp
        csrr    t0, mscratch
        sd      t0, 16(a0)
        ld      ra, 512(a0)
        ld      sp, 520(a0)
        ld      gp, 528(a0)
        ld      tp, 536(a0)
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11
        ld      s\n, 544+8*\n(a0)
        .endr
        ret
# Load and store f0 to f31 of a frame. mstatus.FS is not off.
load_f:
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        fld     f\n, 256+8*\n(a0)
        .endr
        ret
save_f:
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        fsd     f\n, 256+8*\n(a0)
        .endr
        ret

        .bss
        .balign 16
        .skip   8192
stack_top:
