/** `lockstep disk serve`: disk images over NBD, and the pairs' claims on the same path. */

import { Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { DEFAULT_LISTEN, type DiskServed, serveDisks } from '../../cli/disk-serve.ts';

export default class DiskServe extends LockstepCommand {
  static override summary = 'Serve disk images over NBD, to guests, pairs and other tools.';
  static override description =
    'A raw image each, by name; the first is also the default export. Any NBD client can use them. Between the two ' +
    'sides of a pair this server decides who goes on alone, and from then on refuses what the other still writes. ' +
    'What it has decided is kept in the state folder: a server that is started again must be given the same one.\n\n' +
    'With readonly nobody writes to an export, with pair=PAIR only the nodes of that pair: others cannot write. ' +
    'With a key whoever connects over TCP must show it, in TLS; other tools take it as the file of ' +
    'lockstep ft keygen FILE --psk PSKFILE.';
  static override examples = [
    {
      description: 'Serve one image on this machine.',
      command: '<%= config.bin %> disk serve root=debian.img',
    },
    {
      description: 'Give a guest a drive from there.',
      command: '<%= config.bin %> run --kernel Image --drive nbd:127.0.0.1:10809/root,mode=write',
    },
    {
      description: "Serve a pair's disk and a read-only one, on the network and on a socket.",
      command:
        '<%= config.bin %> disk serve --key pair.key --listen tcp:10.0.0.5:10809 --listen unix:/run/disk.sock ' +
        'root=a.img,pair=web tools=b.img,readonly',
    },
  ];
  static override strict = false;
  static override usage = 'disk serve NAME=FILE[,readonly][,pair=P]...';
  static override flags = {
    listen: Flags.string({
      summary: `where to take connections; may be repeated [default: ${DEFAULT_LISTEN}]`,
      helpValue: 'tcp:HOST:PORT|unix:PATH',
      multiple: true,
      multipleNonGreedy: true,
    }),
    state: Flags.string({
      summary: 'folder where claims are kept [default: the first FILE with .state after it]',
      helpValue: 'DIR',
    }),
    key: Flags.string({
      summary: 'the key that clients must have, as lockstep ft keygen makes it; needed beyond the loopback',
      helpValue: 'FILE',
    }),
    plaintext: Flags.boolean({ summary: 'addresses other than loopback need no key: that network is trusted' }),
  };

  async run(): Promise<DiskServed> {
    const { flags, argv } = await this.parse(DiskServe);
    return serveDisks({ exports: argv.map(String), ...flags });
  }
}
