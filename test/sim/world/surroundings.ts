/** What a node finds around it in a world. */

import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { OwnImage } from '../disk/own-image.ts';
import type { Monitor } from '../monitors/monitor.ts';
import type { Hooks } from '../node/hooks.ts';
import type { Node } from '../node/node.ts';
import type { Switch } from './clients.ts';
import type { Clockwork } from './clockwork.ts';
import type { Majority } from './majority.ts';
import type { Network } from './network.ts';
import type { WorldOptions } from './options.ts';
import type { Random } from './random.ts';
import type { Storage } from './storage.ts';
import type { Trace } from './trace.ts';

export interface Surroundings {
  readonly clockwork: Clockwork;
  readonly network: Network;
  readonly storage: Storage;
  /** The arbiter, where that is not the storage's. */
  readonly majority: Majority | undefined;
  /** Of each host, where they have some of their own. */
  readonly images: { readonly A: OwnImage; readonly B: OwnImage } | undefined;
  /** Where both sides of the pair are two hosts of several. */
  readonly cluster: SimCluster | undefined;
  readonly hub: Switch;
  readonly trace: Trace;
  readonly monitor: Monitor;
  readonly hooks: Hooks;
  readonly options: WorldOptions;
  readonly random: Random;
  /** Hosts that are gone without a word. */
  readonly vanished: ReadonlySet<'A' | 'B'>;
  /** The last of this host. */
  node(name: 'A' | 'B'): Node;
  /** A node has come to its end. */
  gone(node: Node): void;
  /** A fault may strike here. */
  probe(name: string): void;
  /** Something happened that must happen in some world. */
  did(what: string): void;
}
