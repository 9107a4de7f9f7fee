// Ordinary floating-point code as the compiler makes it: fused multiply-add, conversions, comparisons, calls.
#include "workload.h"

#define SIZE 24

static double dot(const double *row, const double *column) {
  double sum = 0;
  for (int i = 0; i < SIZE; i++) sum += row[i] * column[i * SIZE];
  return sum;
}

static double matrix_power(int power) {
  static double a[SIZE * SIZE], b[SIZE * SIZE], product[SIZE * SIZE];
  for (int i = 0; i < SIZE * SIZE; i++) a[i] = b[i] = 1.0 / (1 + i % 37 + i / SIZE);
  for (; power > 0; power--) {
    for (int i = 0; i < SIZE * SIZE; i++) product[i] = dot(a + i / SIZE * SIZE, b + i % SIZE) / 3.0;
    for (int i = 0; i < SIZE * SIZE; i++) b[i] = product[i];
  }
  return b[SIZE + 1];
}

static int mandelbrot(void) {
  int inside = 0;
  for (float y = -1.25f; y < 1.25f; y += 0.125f) {
    for (float x = -2.0f; x < 0.5f; x += 0.0625f) {
      float zx = 0, zy = 0;
      int n = 0;
      for (; n < 100 && zx * zx + zy * zy < 4.0f; n++) {
        float next = zx * zx - zy * zy + x;
        zy = 2.0f * zx * zy + y;
        zx = next;
      }
      inside += n;
    }
  }
  return inside;
}

static double logistic(int rounds) {
  double x = 0.3;
  while (rounds-- > 0) x = 3.99 * x * (1 - x);
  return x;
}

static double roots(int count) {
  double sum = 0;
  for (int i = 1; i <= count; i++) sum += __builtin_sqrt((double)i) / (float)(i % 7 + 1);
  return sum;
}

double workload(void) { return matrix_power(20) + mandelbrot() + logistic(10000) + roots(2000); }
