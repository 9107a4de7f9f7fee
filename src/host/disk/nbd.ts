/**
 * The numbers of the NBD protocol, and three options of our own, which a client that does not know them never sends.
 * All integers on the wire are in network byte order. Spec: doc/proto.md of NetworkBlockDevice/nbd, fixed newstyle.
 *
 *     private option   data                                             replies
 *     claim            pair, epoch u64, who                             CLAIM (result u8, epoch u64, holder), ACK
 *     read             pair                                             CLAIM (result u8, epoch u64, holder), ACK
 *     session          session (16 bytes), pair ('' for none), epoch    ACK
 *
 * Text is a length u16 and UTF-8. A session is one client that may connect again: a connection that opens a session
 * ends earlier connections of it, and nothing that they sent and the server has not begun is carried out any more. With
 * a pair, the connection is one of its node in that epoch.
 */

export const HANDSHAKE_MAGIC = 0x4e42444d41474943n;
export const OPTION_MAGIC = 0x49484156454f5054n;
export const OPTION_REPLY_MAGIC = 0x0003e889045565a9n;
export const REQUEST_MAGIC = 0x25609513;
export const SIMPLE_REPLY_MAGIC = 0x67446698;
export const CHUNK_MAGIC = 0x668e33ef;

/** Handshake flags of the server; the client answers with the same bits. */
export const Handshake = { fixedNewstyle: 1, noZeroes: 2 } as const;

export const Option = {
  exportName: 1,
  abort: 2,
  list: 3,
  startTls: 5,
  info: 6,
  go: 7,
  structuredReply: 8,
  claim: 0x4c53_0001,
  read: 0x4c53_0002,
  session: 0x4c53_0003,
} as const;

export const Reply = {
  ack: 1,
  server: 2,
  info: 3,
  claim: 0x4c53_0010,
  errUnsupported: 0x8000_0001,
  errPolicy: 0x8000_0002,
  errInvalid: 0x8000_0003,
  errPlatform: 0x8000_0004,
  errTlsRequired: 0x8000_0005,
  errUnknown: 0x8000_0006,
  errTooBig: 0x8000_0009,
} as const;

/** Reply types with this bit are errors; their data is a message for people. */
export const REPLY_ERROR_BIT = 0x8000_0000;

/** Result of a claim or a read in a CLAIM reply. */
export const Claimed = { lost: 0, won: 1, free: 2, held: 3 } as const;

export const Info = { export: 0, name: 1, blockSize: 3 } as const;

/** Transmission flags. */
export const Flag = {
  hasFlags: 1 << 0,
  readOnly: 1 << 1,
  flush: 1 << 2,
  fua: 1 << 3,
  trim: 1 << 5,
  writeZeroes: 1 << 6,
  df: 1 << 7,
  multiConn: 1 << 8,
} as const;

export const Command = { read: 0, write: 1, disconnect: 2, flush: 3, trim: 4, writeZeroes: 6 } as const;

export const CommandFlag = { fua: 1, noHole: 2, df: 4 } as const;

export const Chunk = { offsetData: 1, error: 0x8001 } as const;
export const CHUNK_DONE = 1;

export const NbdErrno = {
  EPERM: 1,
  EIO: 5,
  ENOMEM: 12,
  EINVAL: 22,
  ENOSPC: 28,
  EOVERFLOW: 75,
  ESHUTDOWN: 108,
} as const;

export const REQUEST_BYTES = 28;
export const SIMPLE_REPLY_BYTES = 16;
/** Longest read or write that both ends take where nothing else was agreed. */
export const TRANSFER_BYTES_MAX = 32 << 20;
export const SESSION_BYTES = 16;
/** Longest name of a pair or node, in bytes. */
export const TEXT_BYTES_MAX = 255;
/** Longest export name (the protocol's limit for strings). */
export const NAME_BYTES_MAX = 4096;
