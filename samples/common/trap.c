// The end of a sample that trapped where it should not have: says where, and fails with code 2.
#include "finisher.h"
#include "print.h"

__attribute__((noreturn)) void unexpected_trap(unsigned long mcause, unsigned long mepc, unsigned long mtval) {
  print("unexpected trap: mcause %lx mepc %lx mtval %lx\n", mcause, mepc, mtval);
  finish(2);
}
