/** `lockstep switch`: a virtual Ethernet switch as a process of its own. */

import { Flags } from '@oclif/core';
import { LockstepCommand } from '../cli/command.ts';
import { say, stopOnSignal } from '../cli/live.ts';
import { parseSwitch } from '../cli/switch-specs.ts';
import { switchText } from '../cli/switch-text.ts';
import type { SwitchStatus } from '../host/switch/ethernet-switch.ts';
import { runSwitch } from '../host/switch/run-switch.ts';

export default class Switch extends LockstepCommand {
  static override summary = 'Connect guests, other programs and the host through a virtual Ethernet switch.';
  static override description =
    'Learns which address is behind which port, and learns anew when a guest moves. Runs until SIGINT or SIGTERM, ' +
    'which end it with exit code 0; SIGUSR1 prints its state. The framing of stream ports is that of QEMU ' +
    '(-netdev stream) and passt. With --key TCP is for other switches that have the key, in TLS; others come over ' +
    'unix sockets. VXLAN is not encrypted: addresses other than loopback are refused without --plaintext. There is ' +
    'no spanning tree: do not connect switches in a ring.';
  static override examples = [
    {
      description: "Guests meet on a socket; passt gives them the host's network.",
      command: '<%= config.bin %> switch --listen unix:/tmp/lan.sock --connect unix:/tmp/passt.sock',
    },
    {
      description: "The host's own kernel is on the network: from a network namespace, to its vxlan device.",
      command:
        'ip netns exec lan <%= config.bin %> switch --listen unix:/tmp/lan.sock ' +
        '--vxlan 4789,vni=5,remote=10.77.0.1:4789 --plaintext',
    },
    {
      description: 'Two hosts, one network, which others can neither read nor enter: here on 10.9.0.1.',
      command: '<%= config.bin %> switch --key pair.key --listen unix:/tmp/lan.sock --listen tcp:10.9.0.1:7400',
    },
    {
      description: 'The other one.',
      command: '<%= config.bin %> switch --key pair.key --listen unix:/tmp/lan.sock --connect tcp:10.9.0.1:7400',
    },
  ];
  static override flags = {
    listen: Flags.string({
      summary: 'take any number of guests and other stream clients here; may be repeated',
      helpValue: 'unix:PATH|tcp:HOST:PORT',
      multiple: true,
      multipleNonGreedy: true,
    }),
    connect: Flags.string({
      summary: 'a peer that listens (passt, another switch), dialled until it is there; may be repeated',
      helpValue: 'unix:PATH|tcp:HOST:PORT',
      multiple: true,
      multipleNonGreedy: true,
    }),
    vxlan: Flags.string({
      summary: 'a VXLAN segment over UDP; may be repeated',
      description:
        'PORT is listened at, on the loopback when all remotes are there. Without remotes the segment is who sends.',
      helpValue: '[HOST:]PORT,vni=N[,remote=HOST:PORT]...',
      multiple: true,
      multipleNonGreedy: true,
    }),
    age: Flags.integer({
      summary: 'forget an address this many seconds after its last frame',
      helpValue: 'SECONDS',
      default: 300,
      min: 1,
      max: 1_000_000,
    }),
    status: Flags.string({
      summary: 'tell the state here, as one line of JSON to whoever connects',
      helpValue: 'unix:PATH|tcp:HOST:PORT',
    }),
    key: Flags.string({
      summary: 'the key of the switches that are connected over TCP, as lockstep ft keygen makes it',
      helpValue: 'FILE',
    }),
    plaintext: Flags.boolean({ summary: 'addresses other than loopback are allowed: that network is trusted' }),
  };

  async run(): Promise<SwitchStatus> {
    const { flags } = await this.parse(Switch);
    const status = await runSwitch(parseSwitch(flags, process.cwd()), {
      notice: say,
      stop: stopOnSignal(),
      asks: (now) => process.on('SIGUSR1', () => process.stderr.write(`${switchText(now())}\n`)),
    });
    if (!this.jsonEnabled()) this.log(switchText(status));
    return status;
  }
}
