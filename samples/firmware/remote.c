// What one hart asks of others: SBI IPI (chapter 7) and RFENCE (chapter 8).
// Each hart has a word of mail; a bit is set in it, then msip is raised. One remote fence is under way at a time; its
// caller waits until every target has run it. A hart that waits for its turn serves the fence under way, so two callers
// cannot deadlock.
#include "clint.h"
#include "csr.h"
#include "hart.h"
#include "sbi.h"

enum fence_kind { FENCE_I, SFENCE_VMA, SFENCE_VMA_ASID, FENCE_KINDS };
#define PAGE 4096UL
#define FLUSH_ALL_ABOVE (16 * PAGE)

static struct {
  uint32_t taken;
  uint32_t outstanding;
  enum fence_kind kind;
  unsigned long start, size, asid;
} fence;

static void run_fence(void) {
  if (fence.kind == FENCE_I) {
    asm volatile("fence.i" ::: "memory");
  } else if (fence.size > FLUSH_ALL_ABOVE || (fence.start == 0 && fence.size == 0)) {
    if (fence.kind == SFENCE_VMA) asm volatile("sfence.vma" ::: "memory");
    else asm volatile("sfence.vma zero, %0" ::"r"(fence.asid) : "memory");
  } else {
    unsigned long first = fence.start & -PAGE, span = fence.start - first + fence.size;
    for (unsigned long at = first; at - first < span; at += PAGE) {
      if (fence.kind == SFENCE_VMA) asm volatile("sfence.vma %0" ::"r"(at) : "memory");
      else asm volatile("sfence.vma %0, %1" ::"r"(at), "r"(fence.asid) : "memory");
    }
  }
}

static void serve_fence(void) {
  uint32_t before = __atomic_fetch_and(&harts[this_hart()].mail, ~(uint32_t)MAIL_FENCE, __ATOMIC_ACQ_REL);
  if (!(before & MAIL_FENCE)) return;
  run_fence();
  __atomic_fetch_sub(&fence.outstanding, 1, __ATOMIC_RELEASE);
}

void remote_interrupt(void) {
  struct hart *hart = &harts[this_hart()];
  clint_set_msip(this_hart(), 0);
  asm volatile("fence iorw, iorw" ::: "memory");
  serve_fence();
  uint32_t before = __atomic_fetch_and(&hart->mail, ~(uint32_t)MAIL_IPI, __ATOMIC_ACQ_REL);
  if (before & MAIL_IPI) csr_set(mip, 1UL << IRQ_SSI);
}

static void post(unsigned long id, uint32_t mail) {
  __atomic_fetch_or(&harts[id].mail, mail, __ATOMIC_ACQ_REL);
  asm volatile("fence iorw, iorw" ::: "memory");
  clint_set_msip(id, 1);
}

static int is_running(unsigned long id) { return hart_state(id) == HART_STARTED || hart_state(id) == HART_SUSPENDED; }

// The harts that (mask, base) names, as a bit map; -1 as base names all that run. Returns 0 when one of them cannot be
// named.
static int targets_of(unsigned long mask, unsigned long base, unsigned long *targets) {
  *targets = 0;
  for (unsigned long id = 0; id < MAX_HARTS; id++) {
    if (base == -1UL && is_running(id)) *targets |= 1UL << id;
  }
  if (base == -1UL) return 1;
  for (unsigned long bit = 0; bit < 64; bit++) {
    if (!(mask >> bit & 1)) continue;
    unsigned long id = base + bit;
    if (id >= MAX_HARTS || id < base || hart_state(id) == HART_ABSENT) return 0;
    if (is_running(id)) *targets |= 1UL << id;
  }
  return 1;
}

struct sbi_result ext_ipi(unsigned long function, const unsigned long arg[6]) {
  unsigned long targets;
  if (function != 0) return sbi_error(SBI_ERR_NOT_SUPPORTED);
  if (!targets_of(arg[0], arg[1], &targets)) return sbi_error(SBI_ERR_INVALID_PARAM);
  for (unsigned long id = 0; id < MAX_HARTS; id++) {
    if (!(targets >> id & 1)) continue;
    if (id == this_hart()) csr_set(mip, 1UL << IRQ_SSI);
    else post(id, MAIL_IPI);
  }
  return sbi_value(0);
}

struct sbi_result ext_rfence(unsigned long function, const unsigned long arg[6]) {
  unsigned long targets, self = this_hart();
  if (function >= FENCE_KINDS) return sbi_error(SBI_ERR_NOT_SUPPORTED);
  if (!targets_of(arg[0], arg[1], &targets)) return sbi_error(SBI_ERR_INVALID_PARAM);

  while (__atomic_exchange_n(&fence.taken, 1, __ATOMIC_ACQUIRE)) serve_fence();
  fence.kind = (enum fence_kind)function;
  fence.start = arg[2];
  fence.size = arg[3];
  fence.asid = arg[4];
  for (unsigned long id = 0; id < MAX_HARTS; id++) {
    if (id == self || !(targets >> id & 1)) continue;
    __atomic_fetch_add(&fence.outstanding, 1, __ATOMIC_RELEASE);
    post(id, MAIL_FENCE);
  }
  if (targets >> self & 1) run_fence();
  while (__atomic_load_n(&fence.outstanding, __ATOMIC_ACQUIRE) != 0) {
  }
  __atomic_store_n(&fence.taken, 0, __ATOMIC_RELEASE);
  return sbi_value(0);
}
