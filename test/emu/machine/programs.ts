/** Small M-mode programs, encoded, for what no sample does. */
import { flat } from './guest.ts';

/**
 * Counts its boots at 0x8010_0000; each arms the RTC alarm 1 ms ahead and waits; the first then resets the machine, the
 * second ends it with the claimed source as exit code.
 */
export const alarmAndReset = flat([
  0x001012b7, // lui t0,0x101
  0x0002a303, // lw t1,0(t0)        TIME_LOW
  0x0042a383, // lw t2,4(t0)        TIME_HIGH
  0x000f4e37, // lui t3,0xf4
  0x240e0e1b, // addiw t3,t3,576    1,000,000 ns
  0x01c30333, // add t1,t1,t3
  0x00100e93, // li t4,1
  0x01d2a823, // sw t4,16(t0)       IRQ_ENABLED
  0x0072a623, // sw t2,12(t0)       ALARM_HIGH
  0x0062a423, // sw t1,8(t0)        ALARM_LOW
  0x0c000f37, // lui t5,0xc000
  0x03df2623, // sw t4,44(t5)       priority of source 11
  0x0c002fb7, // lui t6,0xc002
  0x000016b7, // lui a3,0x1
  0x8006869b, // addiw a3,a3,-2048  1 << 11: MEIE, and source 11
  0x00dfa023, // sw a3,0(t6)        enable for context 0
  0x30469073, // csrw mie,a3
  0x10500073, // wfi
  0x0c200737, // lui a4,0xc200
  0x0047071b, // addiw a4,a4,4
  0x00072783, // lw a5,0(a4)        claim
  0x00001837, // lui a6,0x1
  0x8018081b, // addiw a6,a6,-2047
  0x01481813, // slli a6,a6,20      0x8010_0000
  0x00083883, // ld a7,0(a6)
  0x00188893, // addi a7,a7,1
  0x01183023, // sd a7,0(a6)
  0x00100437, // lui s0,0x100       finisher
  0x00200493, // li s1,2
  0x00988863, // beq a7,s1,+16
  0x00007937, // lui s2,0x7
  0x7779091b, // addiw s2,s2,1911
  0x01242023, // sw s2,0(s0)        0x7777: reset
  0x01079793, // slli a5,a5,16
  0x000039b7, // lui s3,0x3
  0x3339899b, // addiw s3,s3,819
  0x0137e7b3, // or a5,a5,s3
  0x00f42023, // sw a5,0(s0)        code << 16 | 0x3333
  0x0000006f, // j .
]);

/** The same, but looks at mip instead of waiting: `csrr a5,mip` and `beqz a5,-4` for `csrw mie,a3` and `wfi`. */
export const alarmSpinning = flat([0x344027f3, 0xfe078ee3]).reduce((program, byte, i) => {
  program[4 * 16 + i] = byte;
  return program;
}, alarmAndReset.slice());

/**
 * Stores at 0x8010_0000: time, mtime, then time after setting mtime to 0x50_0000_0000, then the RTC's low half. Powers
 * off.
 */
export const readClocks = flat([
  0x00001837, // lui a6,0x1
  0x8018081b, // addiw a6,a6,-2047
  0x01481813, // slli a6,a6,20      0x8010_0000
  0xc01022f3, // rdtime t0
  0x00583023, // sd t0,0(a6)
  0x0200c337, // lui t1,0x200c
  0xff83031b, // addiw t1,t1,-8     mtime
  0x00033383, // ld t2,0(t1)
  0x00783423, // sd t2,8(a6)
  0x00500e1b, // li t3,5
  0x024e1e13, // slli t3,t3,36
  0x01c33023, // sd t3,0(t1)
  0xc0102ef3, // rdtime t4
  0x01d83823, // sd t4,16(a6)
  0x00101437, // lui s0,0x101       RTC
  0x00042483, // lw s1,0(s0)
  0x00983c23, // sd s1,24(a6)
  0x00100a37, // lui s4,0x100       finisher
  0x00005ab7, // lui s5,0x5
  0x555a8a9b, // addiw s5,s5,1365
  0x015a2023, // sw s5,0(s4)        0x5555: pass
  0x0000006f, // j .
]);
