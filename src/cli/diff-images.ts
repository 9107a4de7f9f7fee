/** The flags that say where a recording's images are, as options. */

import type { ImagePaths } from '../host/recorded-machine.ts';

export interface ImageWords {
  readonly kernel?: string | undefined;
  readonly bios?: string | undefined;
  readonly initrd?: string | undefined;
}

export const imagePaths = ({ kernel, bios, initrd }: ImageWords): ImagePaths => ({
  ...(kernel === undefined ? {} : { kernel }),
  ...(bios === undefined ? {} : { bios }),
  ...(initrd === undefined ? {} : { initrd }),
});
