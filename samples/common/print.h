// Formatted text on the UART.
#ifndef PRINT_H
#define PRINT_H

// A subset of printf: %c %s %% and %d %u %x, each with an optional `l`, a zero-padding flag and a width.
// A newline goes out as carriage return and newline.
__attribute__((format(printf, 1, 2))) void print(const char *format, ...);

#endif
