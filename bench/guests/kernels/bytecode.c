// An interpreter of a small stack machine, running a program that adds up the lengths of Collatz sequences: indirect
// jumps, short blocks, a stack in memory.
#include "bench.h"

enum { NUMBERS_PER_UNIT = 650, FIRST = 27 };

enum code { PUSH, LOAD, STORE, ADD, SUB, MUL, HALVE, AND, JUMP, JUMP_ZERO, HALT };
enum variable { START, NOW, STEPS, END, VARIABLES };

static const uint8_t program[] = {
  /*  0 */ LOAD, START, STORE, NOW,                                  // now = start
  /*  4 */ LOAD, NOW, PUSH, 1, SUB, JUMP_ZERO, 44,                   // while (now != 1) {
  /* 11 */ LOAD, STEPS, PUSH, 1, ADD, STORE, STEPS,                  //   steps++
  /* 18 */ LOAD, NOW, PUSH, 1, AND, JUMP_ZERO, 37,                   //   if (now & 1)
  /* 25 */ LOAD, NOW, PUSH, 3, MUL, PUSH, 1, ADD, STORE, NOW, JUMP, 4,  //     now = 3 now + 1
  /* 37 */ LOAD, NOW, HALVE, STORE, NOW, JUMP, 4,                    //   else now = now / 2
  /* 44 */ LOAD, START, PUSH, 1, ADD, STORE, START,                  // } start++
  /* 51 */ LOAD, START, LOAD, END, SUB, JUMP_ZERO, 60, JUMP, 0,      // until start = end
  /* 60 */ HALT,
};

static __attribute__((noinline)) void interpret(const uint8_t *code, uint64_t *variables) {
  uint64_t stack[16], *top = stack;
  for (size_t at = 0;;) {
    switch ((enum code)code[at++]) {
      case PUSH: *top++ = code[at++]; break;
      case LOAD: *top++ = variables[code[at++]]; break;
      case STORE: variables[code[at++]] = *--top; break;
      case ADD: top--; top[-1] += *top; break;
      case SUB: top--; top[-1] -= *top; break;
      case MUL: top--; top[-1] *= *top; break;
      case HALVE: top[-1] >>= 1; break;
      case AND: top--; top[-1] &= *top; break;
      case JUMP: at = code[at]; break;
      case JUMP_ZERO: at = *--top == 0 ? code[at] : at + 1; break;
      case HALT: return;
    }
  }
}

uint64_t kernel_bytecode(unsigned factor) {
  uint64_t variables[VARIABLES] = {[START] = FIRST, [END] = FIRST + (uint64_t)factor * NUMBERS_PER_UNIT};
  interpret(program, variables);
  return mix(0, variables[STEPS]);
}
