// `clock`: reads everything that differs from one run to the next, prints it, and a hash of all that was read.
// Two runs print different lines; a replay prints the same ones.
#include "bootargs.h"
#include "clint.h"
#include "csr.h"
#include "guard.h"
#include "mmio.h"
#include "print.h"
#include "uart.h"
#include "virtio.h"

#define READINGS 4
#define ENTROPY_BYTES 32

static uint64_t hash = FNV_START;

static uint64_t noted(uint64_t value) {
  hash = fnv_word(hash, value);
  return value;
}

static void read_counters(void) {
  for (int i = 0; i < READINGS; i++) {
    uint64_t time = 0;
    if (guarded_csr_read(time, &time)) print("time    %lu\n", noted(time));
    else print("time    none\n");
    print("mtime   %lu\n", noted(clint_mtime()));
    print("cycle   %lu\n", noted(csr_read(mcycle)));
    print("instret %lu\n", noted(csr_read(minstret)));
  }
}

// Entropy source extension (Zkr): OPST in bits 31:30 says whether the low 16 bits are entropy.
enum { OPST_BIST, OPST_WAIT, OPST_ES16, OPST_DEAD };

static void read_seed(void) {
  unsigned long seed;
  for (int words = 0; words < READINGS;) {
    if (!guarded_csr_swap(CSR_SEED, &seed)) {
      print("seed    none\n");
      return;
    }
    unsigned state = seed >> 30 & 3;
    if (state == OPST_DEAD) {
      print("seed    dead\n");
      return;
    }
    if (state != OPST_ES16) continue;
    print("seed    %04lx\n", noted(seed & 0xffff));
    words++;
  }
}

// Goldfish RTC: nanoseconds since 1970; reading the low half latches the high half.
static void read_rtc(void) {
  uint64_t low = mmio_read32(RTC_BASE), high = mmio_read32(RTC_BASE + 4);
  print("rtc     %lu\n", noted(high << 32 | low));
}

static void read_entropy_device(void) {
  static struct virtq queue;
  static uint8_t bytes[ENTROPY_BYTES];
  struct virtio device;
  if (!virtio_find(&device, VIRTIO_ENTROPY)) {
    print("entropy none\n");
    return;
  }
  virtio_negotiate(&device, 0);
  virtq_setup(&device, &queue, 0);
  virtio_start(&device);
  uint32_t length;
  virtq_add(&queue, &(struct virtio_buffer){bytes, sizeof bytes, true}, 1);
  virtq_notify(&device, &queue);
  while (virtq_take(&queue, &length) < 0) virtio_wait(&device);
  print("entropy ");
  for (uint32_t i = 0; i < length; i++) print("%02x", bytes[i]);
  print(" at mtime %lu\n", noted(clint_mtime()));
  hash = fnv(hash, bytes, length);
}

// What is typed during `milliseconds`, and after how many polls of the UART each byte came.
static void read_input(unsigned long milliseconds) {
  uint64_t end = clint_mtime() + milliseconds * (TIME_HZ / 1000), polls = 0;
  print("type something: %lu ms\n", milliseconds);
  for (; clint_mtime() < end; polls++) {
    int byte = uart_get();
    if (byte < 0) continue;
    print("input   %02x at mtime %lu, poll %lu\n", (unsigned)noted((uint64_t)byte), noted(clint_mtime()), noted(polls));
  }
  print("polls   %lu\n", noted(polls));
}

// Command line: wait=MILLISECONDS for input (300).
int main(const void *device_tree) {
  read_counters();
  read_seed();
  read_rtc();
  read_entropy_device();
  read_input(bootargs_number(device_tree, "wait", 300));
  print("hash    %016lx\n", hash);
  return 0;
}
