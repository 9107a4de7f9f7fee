/** `lockstep ft witness`: a host that has a voice in who goes on alone, and runs no guest. */

import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { serveWitness, type Witnessed, witnessPlace } from '../../cli/ft-witness.ts';
import { say } from '../../cli/live.ts';
import { readKey } from '../../host/ft/key.ts';

export default class FtWitness extends LockstepCommand {
  static override summary = 'Take part in deciding which side of a pair goes on alone.';
  static override description =
    'With --arbiter majority:HOST:PORT,HOST:PORT,HOST:PORT more than half of the hosts named decide, each by a ' +
    'witness: usually those of both sides and one more. A side that is cut off with fewer waits. What was promised ' +
    'is kept in the folder: a witness that is started again must be given the same one, and no other host a copy.';
  static override examples = [
    {
      description: 'On each of three hosts.',
      command: '<%= config.bin %> ft witness --listen 10.0.0.2:7200 --dir /var/lib/lockstep/witness --key pair.key',
    },
  ];
  static override flags = {
    listen: Flags.string({
      summary: 'where the sides of pairs find this witness',
      helpValue: 'HOST:PORT',
      required: true,
    }),
    dir: Flags.string({ summary: 'folder where promises are kept', helpValue: 'DIR', required: true }),
    key: Flags.string({
      summary: 'the key of the pairs, as lockstep ft keygen makes it; needed unless it listens on loopback only',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<Witnessed> {
    const { flags } = await this.parse(FtWitness);
    return serveWitness({
      listen: witnessPlace(flags.listen),
      folder: resolve(flags.dir),
      ...(flags.key === undefined ? {} : { key: readKey(flags.key, say) }),
    });
  }
}
