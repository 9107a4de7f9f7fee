// The SBI entry: serves the call in `frame`'s registers and steps over the `ecall`.
#ifndef ECALL_H
#define ECALL_H

#include "hart.h"

void ecall(struct frame *frame);

#endif
