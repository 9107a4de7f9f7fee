/** A switch as a process: its connectors opened, kept until told to stop, and closed. */

import type { PairKey } from '../ft/key.ts';
import type { StreamAddress } from '../ports/stream-address.ts';
import { EthernetSwitch, type SwitchStatus } from './ethernet-switch.ts';
import { StatusSocket } from './status-socket.ts';
import { StreamDialler } from './stream-dialler.ts';
import { StreamListener } from './stream-listener.ts';
import type { Connector } from './switch-port.ts';
import { type VxlanOptions, VxlanPort } from './vxlan-port.ts';

export interface SwitchPlan {
  readonly listen: readonly StreamAddress[];
  readonly connect: readonly StreamAddress[];
  readonly vxlan: readonly VxlanOptions[];
  readonly status?: StreamAddress;
  /** Peers over TCP must hold it too. */
  readonly key?: PairKey;
  /** How long an address is believed after its last frame. */
  readonly ageMs: number;
}

export interface SwitchUi {
  /** One line for the operator, without a final stop. */
  notice(text: string): void;
  /** Ends the switch. */
  readonly stop: AbortSignal;
  /** Called once, before anything is opened, with what asks for the state at any time. */
  asks(status: () => SwitchStatus): void;
}

/** The state at the end. UserError when a connector cannot be had; nothing is left open then. */
export async function runSwitch(plan: SwitchPlan, ui: SwitchUi): Promise<SwitchStatus> {
  const clock = { now: () => performance.now(), ageMs: plan.ageMs };
  const ethernet = new EthernetSwitch(clock);
  const status = (): SwitchStatus => ethernet.status();
  const connectors: Connector[] = [
    ...plan.listen.map((address) => new StreamListener(address, plan.key?.uplink)),
    ...plan.connect.map((address) => new StreamDialler(address, plan.key?.uplink)),
    ...plan.vxlan.map((options) => new VxlanPort(options, clock)),
  ];
  const socket = new StatusSocket(status);
  ui.asks(status);
  try {
    const notice = (text: string): void => ui.notice(`switch: ${text}`);
    for (const connector of connectors) await connector.open((port) => ethernet.attach(port), notice);
    if (plan.status !== undefined) await socket.open(plan.status, notice);
    notice('ready');
    await aborted(ui.stop);
    return status();
  } finally {
    await Promise.all([socket.close(), ...connectors.map((connector) => connector.close())]);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));
}
