// `race`: a preemptive kernel with two threads and a lost update. The timer interrupt switches threads; nothing else
// does. A slice lasts about UNITS_PER_SLICE units of work on a machine of any speed: its length in units of `time`
// follows the pace measured over the last slice, and varies with the time read. So where a slice ends differs from run
// to run.
#include "clint.h"
#include "csr.h"
#include "print.h"
#include "race.h"

#define UNITS_PER_SLICE 128
#define SLICE_MIN 50UL
#define SLICE_MAX (TIME_HZ / 10)
#define STACK_BYTES 2048

extern void timer_vector(void), thread_exit(void);

static struct thread {
  unsigned long sp;  // its context; 0 when the thread has returned
  unsigned char stack[STACK_BYTES] __attribute__((aligned(16)));
} threads[2];
static unsigned current;

// In units of `time`.
static unsigned long slice, slice_start;
static unsigned long slice_start_units, switches;

static void thread_new(struct thread *thread, void (*function)(void)) {
  unsigned long *context = (unsigned long *)(thread->stack + STACK_BYTES - CONTEXT_BYTES);
  context[CONTEXT_MEPC / 8] = (unsigned long)function;
  context[CONTEXT_RA / 8] = (unsigned long)thread_exit;
  thread->sp = (unsigned long)context;
}

static unsigned long clamp(unsigned long value, unsigned long low, unsigned long high) {
  return value < low ? low : value > high ? high : value;
}

// The low bits of the time read, mixed, move the end of the slice by up to a half of its length.
static void start_slice(void) {
  slice_start = clint_mtime();
  slice_start_units = units_done;
  unsigned long jitter = slice_start * 0x9e3779b97f4a7c15UL >> 44;  // 20 bits
  clint_set_mtimecmp(0, slice_start + slice / 2 + (slice * jitter >> 20));
}

// The pace of the slice that has ended decides the next one, which is at most twice and at least half as long.
static void adapt_slice(void) {
  unsigned long units = units_done - slice_start_units + 1;
  unsigned long target = (clint_mtime() - slice_start) * UNITS_PER_SLICE / units;
  slice = clamp(clamp(target, slice / 2, 2 * slice), SLICE_MIN, SLICE_MAX);
}

// The first slice has the length of a slice's work, done before there are threads; twice, since an emulator may be slow
// at first.
static void measure_pace(void) {
  unsigned long start = 0;
  for (int round = 0; round < 2; round++) {
    start = clint_mtime();
    result_a = do_units(UNITS_PER_SLICE, 1);
  }
  slice = clamp(clint_mtime() - start, SLICE_MIN, SLICE_MAX);
  counter = units_done = 0;
}

unsigned long on_timer(unsigned long sp) {
  threads[current].sp = sp;
  if (threads[1 - current].sp != 0) current = 1 - current;
  switches++;
  adapt_slice();
  start_slice();
  return threads[current].sp;
}

unsigned long on_exit(void) {
  threads[current].sp = 0;
  current = 1 - current;
  return threads[current].sp;
}

int main(void) {
  print("race: two threads, %u units of work each\n", UNITS_PER_THREAD);
  thread_new(&threads[0], worker_a);
  thread_new(&threads[1], worker_b);
  csr_write(mtvec, timer_vector);
  csr_write(mie, 1UL << IRQ_MTI);
  measure_pace();
  start_slice();
  run_threads(threads[0].sp);

  unsigned long expected = 2 * UNITS_PER_THREAD;
  print("race: %lu slices, work %lx, expected %lu, got %lu: ", switches + 1, result_a ^ result_b, expected, counter);
  if (counter == expected) {
    print("no update lost\n");
    return 0;
  }
  print("%lu updates lost\n", expected - counter);
  return 1;
}
