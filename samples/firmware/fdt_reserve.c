// The one change that the firmware makes to a device tree: an entry in its memory reservation block.
// The block is copied, one entry longer, to the end of the blob, where there is room for it, and the header points to
// the copy: nothing else moves. Devicetree specification, "Flattened Devicetree (DTB) Format".
#include "fdt_reserve.h"

#include "board.h"
#include "bytes.h"
#include "hart.h"

#define FDT_MAGIC 0xd00dfeedU

struct fdt_header {
  uint32_t magic, totalsize, off_dt_struct, off_dt_strings, off_mem_rsvmap;
  uint32_t version, last_comp_version, boot_cpuid_phys, size_dt_strings, size_dt_struct;
};
struct fdt_reservation {
  uint64_t address, size;
};

static uint32_t be32(uint32_t x) { return x >> 24 | (x >> 8 & 0xff00) | (x << 8 & 0xff0000) | x << 24; }
static uint64_t be64(uint64_t x) { return (uint64_t)be32((uint32_t)x) << 32 | be32((uint32_t)(x >> 32)); }

static bool names_firmware(const struct fdt_header *header) {
  static const char node[] = "mmode_resv0";
  const char *at = (const char *)header + be32(header->off_dt_struct);
  const char *end = at + be32(header->size_dt_struct) - sizeof node;
  for (; at < end; at += 4) {
    if (memcmp(at, node, sizeof node - 1) == 0) return true;
  }
  return false;
}

void fdt_reserve_firmware(void *tree) {
  struct fdt_header *header = tree;
  if (tree == 0 || be32(header->magic) != FDT_MAGIC || names_firmware(header)) return;
  const struct fdt_reservation *from = (const void *)((const char *)tree + be32(header->off_mem_rsvmap));
  uint32_t offset = (be32(header->totalsize) + 7) & ~7U;
  struct fdt_reservation *to = (void *)((char *)tree + offset);
  while (from->size != 0) *to++ = *from++;
  *to++ = (struct fdt_reservation){be64(RAM_BASE), be64(FIRMWARE_SIZE)};
  *to++ = (struct fdt_reservation){0, 0};
  header->off_mem_rsvmap = be32(offset);
  header->totalsize = be32((uint32_t)((char *)to - (char *)tree));
}
