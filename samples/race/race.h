// What the parts of `race` agree on: the threads' saved context, the kernel's services, the work that the threads do.
#ifndef RACE_H
#define RACE_H

// A switched-out thread's registers, at its stack pointer: x1, x5 to x31 by number, mepc in the place of x0.
#define CONTEXT_BYTES (32 * 8)
#define CONTEXT_MEPC 0
#define CONTEXT_RA (1 * 8)

#define UNITS_PER_THREAD 4000

#ifndef __ASSEMBLER__
// Units of work finished by both threads: what the kernel steers the length of a time slice by.
extern volatile unsigned long units_done;
// The number that both threads add one to, once for each unit of work.
extern volatile unsigned long counter;

// workers.c: so many units of work, each of which adds one to `counter` and to `units_done`.
// Returns what came of the work.
unsigned long do_units(unsigned long units, unsigned long seed);
void worker_a(void);
void worker_b(void);
extern unsigned long result_a, result_b;

// switch.S: starts the first thread; comes back when the last one has returned.
void run_threads(unsigned long first_sp);

// kernel.c, called by switch.S with interrupts off: the thread to go on with, given the stack pointer of the one that
// stopped.
unsigned long on_timer(unsigned long sp);
// Likewise when the running thread has returned; 0 when none is left.
unsigned long on_exit(void);
#endif
#endif
