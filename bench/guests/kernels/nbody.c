// Five bodies under gravity, double precision: long chains of dependent arithmetic, division and square roots.
#include "bench.h"

enum { BODIES = 5, STEPS_PER_UNIT = 15000 };

struct body {
  double place[3], speed[3], mass;
};

static struct body bodies[BODIES];

static inline double root(double x) {
#ifdef __riscv
  asm("fsqrt.d %0, %0" : "+f"(x));
  return x;
#else
  return __builtin_sqrt(x);
#endif
}

static void place_bodies(void) {
  for (int i = 0; i < BODIES; i++) {
    struct body *b = &bodies[i];
    b->mass = i == 0 ? 40.0 : 0.01 * i;
    for (int axis = 0; axis < 3; axis++) {
      b->place[axis] = i == 0 ? 0.0 : (double)((i * 7 + axis * 5) % 11) * 3.0 - 12.5;
      b->speed[axis] = i == 0 ? 0.0 : (double)((i * 3 + axis * 7) % 5) * 0.4 - 0.75;
    }
  }
}

static void attract(struct body *a, struct body *b, double step) {
  double d[3], square = 0.01;
  for (int axis = 0; axis < 3; axis++) {
    d[axis] = a->place[axis] - b->place[axis];
    square += d[axis] * d[axis];
  }
  double pull = step / (square * root(square));
  for (int axis = 0; axis < 3; axis++) {
    a->speed[axis] -= d[axis] * b->mass * pull;
    b->speed[axis] += d[axis] * a->mass * pull;
  }
}

uint64_t kernel_nbody(unsigned factor) {
  union { double value; uint64_t bits; } out;
  uint64_t sum = 0;
  place_bodies();
  for (uint64_t steps = (uint64_t)factor * STEPS_PER_UNIT; steps > 0; steps--) {
    for (int i = 0; i < BODIES; i++) {
      for (int j = i + 1; j < BODIES; j++) attract(&bodies[i], &bodies[j], 0.001);
    }
    for (int i = 0; i < BODIES; i++) {
      for (int axis = 0; axis < 3; axis++) bodies[i].place[axis] += 0.001 * bodies[i].speed[axis];
    }
  }
  for (int i = 0; i < BODIES; i++) {
    for (int axis = 0; axis < 3; axis++) {
      out.value = bodies[i].place[axis];
      sum = mix(sum, out.bits);
    }
  }
  return sum;
}
