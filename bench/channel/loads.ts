/** What a guest thread hands over, in the bench of the channel: groups of one frame and the packets that it covers. */

export interface Load {
  readonly name: string;
  /** Bytes of the payload of each frame, and packets behind it with their bytes. */
  readonly frameBytes: number;
  readonly packets: number;
  readonly packetBytes: number;
  readonly groups: number;
  /** Between two groups; 0: as fast as they are taken. */
  readonly everyUs: number;
}

export const LOADS: readonly Load[] = [
  { name: 'progress', frameBytes: 40, packets: 0, packetBytes: 0, groups: 600, everyUs: 2000 },
  { name: 'requests', frameBytes: 300, packets: 1, packetBytes: 200, groups: 1000, everyUs: 500 },
  { name: 'crowded', frameBytes: 300, packets: 1, packetBytes: 200, groups: 10_000, everyUs: 0 },
  { name: 'transmit', frameBytes: 700, packets: 16, packetBytes: 1514, groups: 1500, everyUs: 0 },
  { name: 'receive', frameBytes: 60_000, packets: 0, packetBytes: 0, groups: 1500, everyUs: 0 },
];
