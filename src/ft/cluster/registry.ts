/**
 * The registry of a cluster: small texts under keys, which every host reads and changes. What they say is
 * `cluster.ts`'s matter; an implementation (a shared folder, etcd) only keeps them. There are two kinds:
 *
 *     record   stays; changed by compare-and-set of its revision, so that of two who change it at once one sees it
 *     lease    is there while its owner lives: renewed by the implementation, gone LEASE_MS after it is not
 *
 * Invariants of every implementation:
 *  - of several swaps of one record from one revision at most one is done, whatever is lost, late or repeated; what is
 *    done outlives a crash of the registry's keeper;
 *  - whether a lease lives is judged by one clock alone (the keeper's, or the reader's own): clocks of two hosts are
 *    never compared.
 *
 * Every call has a deadline of the implementation's own. A registry that cannot be reached makes reads reject with a
 * UserError 'no-registry', and swaps unknown; nothing that runs ends because of it.
 */

/** A lease that is not renewed is gone after about this time; it is renewed at least three times within it. */
export const LEASE_MS = 3000;

export interface RegistryRecord {
  readonly key: string;
  readonly text: string;
  /** 1 or more, and another after every change. */
  readonly revision: number;
}

export type SwapResult =
  | { readonly kind: 'done' }
  /** The record has another revision: read it again. */
  | { readonly kind: 'changed' }
  /** It may have been done, or may yet be: read it again. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** What another has leased. */
export interface LeasedText {
  readonly key: string;
  readonly text: string;
  /** False: it is there, and it is not known yet whether its owner lives (see `settled`). */
  readonly proven: boolean;
}

/** Of this process. While the registry cannot be reached it goes on by itself, and is there again afterwards. */
export interface Lease {
  /** The text from now on; the latest wins. */
  set(text: string): void;
  /** The lease is gone at once, if the registry can be reached. */
  end(): Promise<void>;
}

/** Keys are words of any characters with '/' between them; at most 200 bytes. Texts: at most 64 KiB. */
export interface Registry {
  /** Undefined: there is none, which for a swap is revision 0. */
  read(key: string): Promise<RegistryRecord | undefined>;
  /** Records whose keys begin with `prefix`, by key. */
  list(prefix: string): Promise<readonly RegistryRecord[]>;
  /** Sets the record if its revision is still this one (0: there is none). Never rejects. */
  swap(key: string, revision: number, text: string): Promise<SwapResult>;
  /** A lease of this process; resolves when others can see it. Who leases a key again has it from then on. */
  lease(key: string, text: string): Promise<Lease>;
  /** Leases whose keys begin with `prefix`, by key: those that live, as far as is known. */
  leases(prefix: string): Promise<readonly LeasedText[]>;
  /** Resolves when every lease that was there at the call is proven, or gone: within about LEASE_MS. */
  settled(): Promise<void>;
  /** Tells of changes, perhaps of some that are none, until the function that it gives is called. */
  watch(changed: () => void): () => void;
  /** Ends the leases of this process. */
  close(): Promise<void>;
}
