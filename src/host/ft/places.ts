/**
 * Where a guest that is alone can have a backup: the shield asks for one place after the other. A fixed list here; the
 * hosts of a cluster in src/host/cluster.
 */

import { type Endpoint, endpointText } from './endpoint.ts';

/** A place where a backup waits. */
export interface Place {
  readonly endpoint: Endpoint;
  /**
   * The place has no use for this guest any more: it never had it, or the guest is in an epoch that the place cannot
   * have. `refused`: it does not want the guest, or is not wanted, and would say so again.
   */
  failed(refused: boolean): void;
}

export interface PlaceNeed {
  /** RAM of the guest. */
  readonly memoryBytes: number;
}

export interface Places {
  /** The next to be tried; undefined: there is none at present. Never rejects. */
  next(need: PlaceNeed): Promise<Place | undefined>;
  /** `next` gives none before a place is named. */
  readonly isEmpty: boolean;
  /** Why `next` has given none. */
  readonly refusal?: string;
  /** The operator wants this one tried before others. */
  prefer(endpoint: Endpoint): void;
  /** What a backup at `place` is told of other places: those that it would not find itself. */
  besides(place: Place): readonly Endpoint[];
}

/** A list: the first is tried first, and is the last from then on. */
export class StaticPlaces implements Places {
  #places: readonly Endpoint[];

  constructor(places: readonly Endpoint[]) {
    this.#places = places;
  }

  get isEmpty(): boolean {
    return this.#places.length === 0;
  }

  async next(): Promise<Place | undefined> {
    const [first, ...others] = this.#places;
    if (first === undefined) return undefined;
    this.#places = [...others, first];
    return placeAt(first);
  }

  prefer(endpoint: Endpoint): void {
    this.#places = [endpoint, ...this.#without(endpoint)];
  }

  besides({ endpoint }: Place): readonly Endpoint[] {
    return this.#without(endpoint);
  }

  #without(endpoint: Endpoint): readonly Endpoint[] {
    return this.#places.filter((place) => endpointText(place) !== endpointText(endpoint));
  }
}

/** One that nobody has promised, and nobody takes back. */
export const placeAt = (endpoint: Endpoint): Place => ({ endpoint, failed: () => {} });
