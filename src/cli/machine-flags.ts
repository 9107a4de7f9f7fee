/** The flags that describe a guest machine, shared by the commands that start one. */

import { Flags } from '@oclif/core';

export const machineFlags = {
  kernel: Flags.string({
    char: 'k',
    summary: 'ELF, Linux Image (also .gz, .zst, vmlinuz) or flat binary to start',
    description: 'An ELF linked to 0x80000000 runs bare in M-mode; anything else is started by the firmware in S-mode.',
    helpGroup: 'MACHINE',
    helpValue: 'FILE',
  }),
  bios: Flags.string({
    summary: 'firmware such as OpenSBI; none for a bare kernel; the built-in SBI firmware when left out',
    helpGroup: 'MACHINE',
    helpValue: 'FILE|none',
  }),
  initrd: Flags.string({ summary: 'initial RAM disk', helpGroup: 'MACHINE', helpValue: 'FILE' }),
  append: Flags.string({ char: 'a', summary: 'kernel command line', helpGroup: 'MACHINE', helpValue: 'WORDS' }),
  memory: Flags.string({ char: 'm', summary: 'RAM [default: 256M]', helpGroup: 'MACHINE', helpValue: 'SIZE' }),
  harts: Flags.integer({ summary: 'hardware threads [default: 1]', helpGroup: 'MACHINE', helpValue: 'N' }),
  drive: Flags.string({
    summary: 'raw disk image or NBD export as a virtio-blk drive; may be repeated',
    description:
      'mode=cow (the default) keeps changes for this run only, mode=write puts them in the file, mode=readonly; in a ' +
      'pair mode=own: each side has an image of its own, kept equal. A server on another host is shown a key, of the ' +
      'pair or of ,key=FILE; ,plaintext does without. One that knows nothing of pairs takes writes of the side ' +
      'before that come late: ,unfenced accepts that.',
    helpGroup: 'MACHINE',
    helpValue: 'FILE|nbd:HOST:PORT/EXPORT[,mode=M][,serial=S]',
    multiple: true,
    multipleNonGreedy: true,
  }),
  net: Flags.string({
    summary: 'virtio-net card; may be repeated',
    description:
      "stream:… speaks QEMU's length-prefixed framing: with passt the guest has the host's network, with lockstep " +
      'switch it meets other guests. It is not encrypted: a peer on another host needs ,plaintext.',
    helpGroup: 'MACHINE',
    helpValue: 'none|stream:unix:PATH|stream:tcp:HOST:PORT',
    multiple: true,
    multipleNonGreedy: true,
  }),
  console: Flags.string({
    summary: "the UART's other end [default: stdio]",
    helpGroup: 'MACHINE',
    helpValue: 'stdio|none|file:PATH',
  }),
  'virtio-console': Flags.string({
    summary: 'a virtio-console; may be repeated',
    helpGroup: 'MACHINE',
    helpValue: 'stdio|none|file:PATH',
    multiple: true,
    multipleNonGreedy: true,
  }),
  clock: Flags.option({
    options: ['host', 'ticks', 'exact'] as const,
    summary: 'where guest time comes from [default: host]',
    description:
      'host: follows the host, anchored about once a millisecond. ticks: wholly virtual. exact: each read is logged.',
    helpGroup: 'MACHINE',
  })(),
  entropy: Flags.string({
    summary: 'where random bits come from [default: host]',
    helpGroup: 'MACHINE',
    helpValue: 'host|seed:N',
  }),
  machine: Flags.string({
    summary: 'these flags from a JSON file; flags given beside it win',
    helpGroup: 'MACHINE',
    helpValue: 'FILE.json',
  }),
  engine: Flags.option({
    options: ['auto', 'interpreter', 'reference'] as const,
    summary: 'what makes the steps; auto compiles what is hot [default: auto]',
    helpGroup: 'MACHINE',
  })(),
};

/** What of these flags was given, as oclif parses it. */
export interface MachineWords {
  readonly kernel?: string | undefined;
  readonly bios?: string | undefined;
  readonly initrd?: string | undefined;
  readonly append?: string | undefined;
  readonly memory?: string | undefined;
  readonly harts?: number | undefined;
  readonly drive?: readonly string[] | undefined;
  readonly net?: readonly string[] | undefined;
  readonly console?: string | undefined;
  readonly 'virtio-console'?: readonly string[] | undefined;
  readonly clock?: 'host' | 'ticks' | 'exact' | undefined;
  readonly entropy?: string | undefined;
  readonly engine?: 'auto' | 'interpreter' | 'reference' | undefined;
}
