/* Runs each kernel over its operand set in each rounding mode and writes results and flags to the UART, raw:
 * 8 bytes of result and one of fflags per case. generate.ts makes the kernels and the table. */
#include <stdint.h>

struct slot { uint64_t a, b, c, result; };
struct run {
    void (*kernel)(struct slot *);
    const uint64_t (*tuples)[3];
    uint64_t count, modes;
};
extern const struct run runs[], runs_end[];

static volatile uint8_t *const uart = (volatile uint8_t *)0x10000000;

static void put(uint8_t byte)
{
    while (!(uart[5] & 0x20)) {
    }
    uart[0] = byte;
}

int main(void)
{
    for (const struct run *r = runs; r != runs_end; r++)
        for (uint64_t mode = 0; mode < r->modes; mode++)
            for (uint64_t i = 0; i < r->count; i++) {
                struct slot slot = { r->tuples[i][0], r->tuples[i][1], r->tuples[i][2], 0 };
                uint64_t fcsr = mode << 5;
                __asm__ volatile("csrw fcsr, %0" ::"r"(fcsr) : "memory");
                r->kernel(&slot);
                __asm__ volatile("csrr %0, fflags" : "=r"(fcsr)::"memory");
                for (int k = 0; k < 8; k++)
                    put((uint8_t)(slot.result >> (8 * k)));
                put((uint8_t)fcsr);
            }
    return 0;
}
