// The test finisher: the ways in which a machine ends.
#ifndef FINISHER_H
#define FINISHER_H

// Powers the machine off: "pass" for code 0, otherwise "fail" with that code (1 to 65535) as the emulator's exit
// status.
__attribute__((noreturn)) void finish(unsigned code);
// Resets the machine.
__attribute__((noreturn)) void finish_reset(void);

#endif
