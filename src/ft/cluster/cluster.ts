/** The cluster as its hosts see and change it through the registry: the steps of `ledgers.ts`, walked. */

import { drained, enrolled, viewed } from './ledgers.ts';
import type { Registry } from './registry.ts';
import { callRegistry, type Steps, walked } from './steps.ts';
import type { ClusterView } from './view.ts';

export class Cluster {
  readonly registry: Registry;

  constructor(registry: Registry) {
    this.registry = registry;
  }

  view(): Promise<ClusterView> {
    return this.walk(viewed());
  }

  enrol(host: string, isEnrolled: boolean): Promise<void> {
    return this.walk(enrolled(host, isEnrolled));
  }

  drain(host: string, draining: boolean): Promise<void> {
    return this.walk(drained(host, draining));
  }

  /** Also for those that are not named here. */
  walk<T>(steps: Steps<T>): Promise<T> {
    return walked(steps, (call) => callRegistry(this.registry, call));
  }
}
