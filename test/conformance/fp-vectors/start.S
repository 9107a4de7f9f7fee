# Entry of the vector program in M-mode: floating point on, a stack, main, power off. A trap powers off with failure,
# so that an answer cut short is noticed.
        .section .text.start
        .globl  _start
_start:
        la      t0, trapped
        csrw    mtvec, t0
        li      t0, 0x2000              # mstatus.FS = Initial
        csrs    mstatus, t0
        la      sp, stack_top
        call    main
        li      t1, 0x5555              # test finisher: pass
        j       finish
        .balign 4
trapped:
        li      t1, 0x13333             # test finisher: fail, code 1
finish:
        li      t0, 0x100000
        sw      t1, 0(t0)
1:      j       1b

        .bss
        .balign 16
        .skip   4096
stack_top:
