// Ordinary floating-point code. Its result depends on the rounding mode, and on every step of it.
#ifndef WORKLOAD_H
#define WORKLOAD_H

double workload(void);

#endif
