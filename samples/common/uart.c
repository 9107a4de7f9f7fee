// The 16550 UART, polled: no interrupts, so that a sample may print from anywhere.
#include "uart.h"

#include "board.h"
#include "mmio.h"

enum { RBR_THR = 0, IER = 1, FCR = 2, LCR = 3, LSR = 5 };
enum { LSR_DATA_READY = 0x01, LSR_THR_EMPTY = 0x20 };

void uart_init(void) {
  mmio_write8(UART_BASE + IER, 0);
  mmio_write8(UART_BASE + LCR, 0x03);  // 8 data bits, no parity, 1 stop bit
  mmio_write8(UART_BASE + FCR, 0x01);  // FIFOs on
}

void uart_put(char byte) {
  while (!(mmio_read8(UART_BASE + LSR) & LSR_THR_EMPTY)) {
  }
  mmio_write8(UART_BASE + RBR_THR, (uint8_t)byte);
}

int uart_get(void) {
  return mmio_read8(UART_BASE + LSR) & LSR_DATA_READY ? mmio_read8(UART_BASE + RBR_THR) : -1;
}
