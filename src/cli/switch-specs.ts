/** From the words of `lockstep switch` to its plan, and the refusal of networks that could be read by others. */

import { requireKey } from '../host/ft/endpoint.ts';
import { readKey } from '../host/ft/key.ts';
import { hostPortText, isLoopback, type StreamAddress } from '../host/ports/stream-address.ts';
import type { SwitchPlan } from '../host/switch/run-switch.ts';
import { VNI_MAX } from '../host/switch/vxlan-header.ts';
import type { VxlanOptions } from '../host/switch/vxlan-port.ts';
import { UserError } from '../lib/errors.ts';
import { say } from './live.ts';
import { parseAddress, parseHostPort } from './specs.ts';

export interface SwitchWords {
  readonly listen?: readonly string[] | undefined;
  readonly connect?: readonly string[] | undefined;
  readonly vxlan?: readonly string[] | undefined;
  readonly status?: string | undefined;
  /** Seconds. */
  readonly age: number;
  readonly key?: string | undefined;
  readonly plaintext: boolean;
}

/** Relative paths start at `base`. Throws UserError. */
export function parseSwitch(words: SwitchWords, base: string): SwitchPlan {
  const listen = (words.listen ?? []).map((text) => parseAddress('--listen', text, base, 0));
  const connect = (words.connect ?? []).map((text) => parseAddress('--connect', text, base));
  const vxlan = (words.vxlan ?? []).map(parseVxlan);
  const status = words.status === undefined ? undefined : parseAddress('--status', words.status, base, 0);
  if (listen.length + connect.length + vxlan.length === 0) {
    const remedy = 'give --listen unix:PATH for guests, or --connect, or --vxlan';
    throw new UserError('no-ports', 'a switch without ports carries nothing', remedy);
  }
  const key = words.key === undefined ? undefined : readKey(words.key, say);
  if (!words.plaintext) {
    for (const address of [...listen, ...connect].flatMap(hostOf)) requireKey(address, key, KEY_REMEDY);
    refuseExposed([...(status === undefined ? [] : hostOf(status)), ...vxlan.flatMap(hostsOf)]);
  }
  const plan = { listen, connect, vxlan, ageMs: words.age * 1000 };
  return { ...plan, ...(status === undefined ? {} : { status }), ...(key === undefined ? {} : { key }) };
}

/** `[HOST:]PORT,vni=N[,remote=HOST:PORT]...` */
export function parseVxlan(text: string): VxlanOptions {
  const [local = '', ...rest] = text.split(',');
  const at = /^\d+$/.test(local) ? parseHostPort(`any:${local}`, 0) : parseHostPort(local, 0);
  if (at === undefined) throw badVxlan(text);
  let vni: number | undefined;
  const remotes: { host: string; port: number }[] = [];
  for (const part of rest) {
    const [key, value = ''] = part.split(/=(.*)/s);
    const remote = key === 'remote' ? parseHostPort(value) : undefined;
    if (remote !== undefined) remotes.push(remote);
    else if (key === 'vni' && vni === undefined && /^\d{1,8}$/.test(value) && Number(value) <= VNI_MAX)
      vni = Number(value);
    else throw badVxlan(text);
  }
  if (vni === undefined) throw badVxlan(text);
  const bind = at.host === 'any' ? {} : { bind: at.host };
  return { ...bind, port: at.port, vni, remotes };
}

function badVxlan(text: string): UserError {
  const syntax = `[HOST:]PORT,vni=N[,remote=HOST:PORT]... with N at most ${VNI_MAX}`;
  const remedy = `give ${syntax}, such as 4789,vni=5,remote=10.9.0.2:4789`;
  return new UserError('bad-value', `--vxlan ${text} is not understood`, remedy);
}

const hostOf = (address: StreamAddress) => (address.kind === 'unix' ? [] : [address]);
const hostsOf = ({ bind, port, remotes }: VxlanOptions) =>
  bind === undefined ? remotes : [{ host: bind, port }, ...remotes];

const KEY_REMEDY =
  'make one with: lockstep ft keygen FILE, and give it to both switches with --key FILE; or give --plaintext if that ' +
  'network is trusted';

/** VXLAN and the state have neither encryption nor a proof of who sends. */
function refuseExposed(ends: readonly { readonly host: string; readonly port: number }[]): void {
  const exposed = ends.find(({ host }) => !isLoopback(host));
  if (exposed === undefined) return;
  const what = `${hostPortText(exposed)} is not on the loopback: others could read the guests' frames there, and send`;
  const remedy = 'give --plaintext if that network is trusted, or go through a tunnel (ssh, WireGuard)';
  throw new UserError('plaintext', what, remedy);
}
