// Product of two 128 x 128 matrices of doubles, again and again; rows times columns, as one writes it first.
#include "bench.h"

enum { SIZE = 128 };  // about 13 million instructions a product

static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

static void multiply(void) {
  for (int i = 0; i < SIZE; i++) {
    for (int j = 0; j < SIZE; j++) {
      double sum = 0;
      for (int k = 0; k < SIZE; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  }
}

uint64_t kernel_matmul(unsigned factor) {
  union { double value; uint64_t bits; } out;
  uint64_t sum = 0;
  for (int i = 0; i < SIZE; i++) {
    for (int j = 0; j < SIZE; j++) {
      a[i][j] = (double)((i * 31 + j * 17) % 97) / 7.0;
      b[i][j] = (double)((i * 13 + j * 29) % 89) / 11.0;
    }
  }
  for (; factor > 0; factor--) {
    multiply();
    a[factor % SIZE][0] += 1.0 / (1.0 + factor);
    out.value = c[factor % SIZE][(factor * 7) % SIZE];
    sum = mix(sum, out.bits);
  }
  return sum;
}
