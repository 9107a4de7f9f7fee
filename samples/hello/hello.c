// The smallest sample: one line on the console, then power off.
#include "print.h"

int main(void) {
  print("hello from the guest\n");
  return 0;
}
