/**
 * Who may go live: an atomic test-and-set for each pair and epoch, kept where both hosts reach it (paper, section 2.3).
 *
 * Invariant of every implementation: for one pair and epoch at most one `who` ever wins, whatever is lost, repeated or
 * late, through restarts of the arbiter too. The winner's name is kept: the winner who asks again is told 'won'.
 */

/** A time-out is 'unknown', never won or lost: the request may have been applied. Ask again. */
export type ClaimResult =
  | { readonly kind: 'won' }
  /** `holder`: who has won the epoch, or one later than it. */
  | { readonly kind: 'lost'; readonly holder: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** The highest epoch claimed for a pair, and who won it. */
export type Holding =
  | { readonly kind: 'held'; readonly epoch: number; readonly holder: string }
  | { readonly kind: 'free' }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface Arbiter {
  /**
   * Claims `epoch` of `pair` for `who`. An epoch below one that is claimed is lost to everybody but its own winner, who
   * is told 'lost' too when a later epoch is claimed. Settles within the implementation's own deadline; never rejects.
   */
  claim(pair: string, epoch: number, who: string): Promise<ClaimResult>;
  /** Settles like `claim`; never rejects. */
  read(pair: string): Promise<Holding>;
  close(): Promise<void>;
}
