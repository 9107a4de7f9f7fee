// The 16550 UART, polled.
#ifndef UART_H
#define UART_H

void uart_init(void);
// Waits until the transmitter takes the byte.
void uart_put(char byte);
// The next received byte, or -1 when there is none. Does not wait.
int uart_get(void);

#endif
