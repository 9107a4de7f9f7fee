/**
 * What a switch reads of an Ethernet frame (IEEE 802.3): two addresses. An address is a number of 48 bits, which a
 * JavaScript number holds exactly.
 */

/** Destination, source and type. A shorter frame is no frame. */
export const HEADER_BYTES = 14;
const DESTINATION = 0;
const SOURCE = 6;

/** `frame` holds a header, here and below. */
export const destinationOf = (frame: Uint8Array): number => macAt(frame, DESTINATION);
export const sourceOf = (frame: Uint8Array): number => macAt(frame, SOURCE);

/** Broadcast or multicast: for more than one card. */
export const isGroup = (mac: number): boolean => (Math.floor(mac / 2 ** 40) & 1) === 1;

/** 01:80:c2:00:00:00 to :0f: for the next bridge alone, never passed on (IEEE 802.1Q, 8.6.3). */
export const isLinkLocal = (mac: number): boolean => mac >= 0x0180c2000000 && mac <= 0x0180c200000f;

export function macText(mac: number): string {
  return mac.toString(16).padStart(12, '0').match(/../g)!.join(':');
}

function macAt(frame: Uint8Array, offset: number): number {
  const high = frame[offset]! * 2 ** 40 + frame[offset + 1]! * 2 ** 32;
  return (
    high + frame[offset + 2]! * 2 ** 24 + (frame[offset + 3]! << 16) + (frame[offset + 4]! << 8) + frame[offset + 5]!
  );
}
