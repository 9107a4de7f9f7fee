// Keeping the next stage away from the firmware's memory.
#ifndef FDT_RESERVE_H
#define FDT_RESERVE_H

// Adds the firmware's region to the memory reservation block of the device tree at `tree`, unless the tree has a
// /reserved-memory node for it (mmode_resv0) already. Leaves anything that is not a device tree alone.
void fdt_reserve_firmware(void *tree);

#endif
