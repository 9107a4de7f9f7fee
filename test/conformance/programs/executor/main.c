/* The executor: runs each case of each batch found at CASES and writes the selected results to the UART. It knows no
 * instruction; what a case does is code that the generator assembled. Formats: layout.ts (selectors), batch.ts.
 * Result words are written as a byte n, 0 to 8, and the n low bytes of the word, the others being zero. */
#include "frame.h"

struct batch {
    u64 code_bytes, inits, ins, outs, tuples, flags;
};
enum { RESET_CSRS = 1, USE_F = 2, CHECK_WINDOW = 4, RESET_PMP = 8, CHECK_WIDE = 16 };
/* Around DATA: what compressed accesses reach with the registers as they start; what 12-bit offsets do. */
static const struct window { u64 start, words; } narrow = { DATA - 512, 160 }, wide = { DATA - 2048, 592 };

static volatile uint8_t *const uart = (volatile uint8_t *)0x10000000;

static void put(uint8_t byte)
{
    while (!(uart[5] & 0x20)) {
    }
    uart[0] = byte;
}

static void put_word(u64 word)
{
    int n = 0;
    while (n < 8 && word >> (8 * n))
        n++;
    put((uint8_t)n);
    for (int i = 0; i < n; i++)
        put((uint8_t)(word >> (8 * i)));
}

static struct frame frame, start; /* as it runs; as it started */
static struct trap trap;

/* Each doubleword begins with c.ebreak, where jumps to a pointer end. */
static u64 pattern(u64 address) { return ((address >> 3) * 0x9e3779b97f4a7c15UL & ~0xffffUL) | 0x9002; }

static void fill(void)
{
    for (u64 a = FIELD_START; a < FIELD_END; a += 8)
        *(u64 *)a = 0x9002900290029002UL; /* c.ebreak */
    for (u64 a = DATA_START; a < DATA_END; a += 8)
        *(u64 *)a = pattern(a);
}

/* Input selectors: x0 to x31, f0 to f31, or an address, with bit 0 set for a 4-byte word. */
static void set(u64 selector, u64 value)
{
    if (selector < 32)
        frame.x[selector] = value;
    else if (selector < 64)
        frame.f[selector - 32] = value;
    else if (selector & 1)
        *(volatile uint32_t *)(selector - 1) = (uint32_t)value;
    else
        *(volatile u64 *)selector = value;
}

/* Number of registers that changed, the first of them, and by how much: selectors first, first + 1, first + 2. */
static u64 changed(const u64 *now, const u64 *before, u64 what)
{
    u64 count = 0, first = 0;
    for (u64 i = 0; i < 32; i++)
        if (now[i] != before[i] && count++ == 0)
            first = i;
    return what == 0 ? count : count == 0 ? 0 : what == 1 ? first : now[first] - before[first];
}

static u64 window_index, window_value;

/* Finds the first word of the window that changed and puts the pattern back everywhere. */
static void check_window(const struct window *w)
{
    window_index = window_value = 0;
    for (u64 i = 0; i < w->words; i++) {
        u64 *at = (u64 *)w->start + i;
        if (*at == pattern((u64)at))
            continue;
        if (window_index == 0) {
            window_index = i + 1;
            window_value = *at;
        }
        *at = pattern((u64)at);
    }
}

static u64 get(u64 selector)
{
    if (selector < 32)
        return frame.x[selector];
    if (selector < 64)
        return frame.f[selector - 32];
    if (selector < 80)
        return ((const u64 *)&trap)[selector - 64];
    if (selector < 83)
        return changed(frame.x, start.x, selector - 80);
    if (selector < 86)
        return changed(frame.f, start.f, selector - 83);
    if (selector == 86)
        return window_index;
    if (selector == 87)
        return window_value;
    return selector & 1 ? *(volatile uint32_t *)(selector - 1) : *(volatile u64 *)selector;
}

static const u64 *run_batch(const u64 *p)
{
    const struct batch *b = (const struct batch *)p;
    const uint16_t *code = (const uint16_t *)(b + 1);
    const u64 *inits = (const u64 *)(b + 1) + (b->code_bytes + 7) / 8;
    const u64 *ins = inits + 2 * b->inits, *outs = ins + b->ins, *tuple = outs + b->outs;

    fill();
    reset_csrs();
    reset_pmp();
    for (u64 i = 0; i < b->inits; i++)
        set(inits[2 * i], inits[2 * i + 1]);
    for (u64 n = 0; n < b->tuples; n++, tuple += b->ins) {
        for (u64 i = 0; i < b->code_bytes / 2; i++)
            ((uint16_t *)CODE)[i] = code[i];
        for (u64 i = 0; i < 32; i++) {
            frame.x[i] = i == 0 ? 0 : DATA + 16 * i;
            frame.f[i] = 0x3ff0000000000000UL + (i << 48);
        }
        for (u64 i = 0; i < b->ins; i++)
            set(ins[i], tuple[i]);
        if (b->flags & RESET_PMP)
            reset_pmp();
        if (b->flags & RESET_CSRS)
            reset_csrs();
        start = frame;
        if (b->flags & USE_F)
            load_f(&frame);
        __asm__ volatile("csrw mepc, %0\n\tcsrw mtval, zero\n\tcsrw mstatus, %1\n\tfence.i"
                         :
                         : "r"(CODE), "r"(0xa00003800UL)
                         : "memory");
        enter(&frame);
        read_trap(&trap);
        if (b->flags & RESET_PMP)
            reset_pmp(); /* an entry that covers part of an output's doubleword would stop M-mode too */
        if (b->flags & USE_F)
            save_f(&frame);
        if (b->flags & CHECK_WINDOW)
            check_window(&narrow);
        if (b->flags & CHECK_WIDE)
            check_window(&wide);
        for (u64 i = 0; i < b->outs; i++)
            put_word(get(outs[i]));
    }
    return tuple;
}

int main(void)
{
    const u64 *p = (const u64 *)CASES;
    u64 batches = *p++;
    while (batches-- > 0)
        p = run_batch(p);
    return 0;
}
