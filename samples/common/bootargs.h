// The words of the kernel command line (`--append`), from the device tree's /chosen node.
#ifndef BOOTARGS_H
#define BOOTARGS_H

// The number after `key=` on the command line, in decimal; `otherwise` when the word is not there.
unsigned long bootargs_number(const void *tree, const char *key, unsigned long otherwise);
// The text after `key=`, up to the next blank, as `*length` bytes; null when the word is not there.
const char *bootargs_text(const void *tree, const char *key, unsigned long *length);

#endif
