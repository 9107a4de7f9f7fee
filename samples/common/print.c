// A subset of printf over the polled UART. No floating point, no buffer: each byte goes out as it is made.
#include "print.h"

#include <stdarg.h>
#include <stdbool.h>

#include "uart.h"

static void put(char c) {
  if (c == '\n') uart_put('\r');
  uart_put(c);
}

static void put_number(unsigned long value, unsigned base, bool negative, char pad, int width) {
  char digits[24];
  int count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  if (negative && pad == ' ') digits[count++] = '-';
  if (negative && pad == '0') put('-');
  for (int i = count; i < width; i++) put(pad);
  while (count > 0) put(digits[--count]);
}

void print(const char *format, ...) {
  va_list args;
  va_start(args, format);
  for (const char *p = format; *p; p++) {
    if (*p != '%') {
      put(*p);
      continue;
    }
    p++;
    char pad = *p == '0' ? '0' : ' ';
    int width = 0;
    while (*p >= '0' && *p <= '9') width = 10 * width + (*p++ - '0');
    bool wide = *p == 'l';
    if (wide) p++;
    if (*p == 'd') {
      long value = wide ? va_arg(args, long) : va_arg(args, int);
      put_number(value < 0 ? -(unsigned long)value : (unsigned long)value, 10, value < 0, pad, width);
    } else if (*p == 'u' || *p == 'x') {
      unsigned long value = wide ? va_arg(args, unsigned long) : va_arg(args, unsigned);
      put_number(value, *p == 'x' ? 16 : 10, false, pad, width);
    } else if (*p == 's') {
      for (const char *s = va_arg(args, const char *); *s; s++) put(*s);
    } else {
      put(*p == 'c' ? (char)va_arg(args, int) : *p);
    }
  }
  va_end(args);
}
