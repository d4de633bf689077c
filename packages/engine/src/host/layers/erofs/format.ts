/** EROFS on disk (linux/fs/erofs/erofs_fs.h), as far as images of ours use it: uncompressed, 512-byte blocks. */

/** The block of a tar: a file's data in an archive begins at a whole one. */
export const BLOCK = 512;
const BLOCK_BITS = 9;

const MAGIC = 0xe0f5e1e2;
const SUPERBLOCK_AT = 1024;
const SLOT = 128;
const SLOTS_AT = SUPERBLOCK_AT + SLOT;
/** Room for the superblock and the slots of two devices. */
export const HEAD_SIZE = 3 * BLOCK;
const INCOMPAT_CHUNKED_FILE = 0x4;
const INCOMPAT_DEVICE_TABLE = 0x8;

/** Inode numbers count units of this many bytes from the begin of the metadata. */
export const NID_UNIT = 32;
/** The root is the first inode. */
export const ROOT_NID = 2;
export const INODE_SIZE = 64;
export const CHUNK_INDEX_SIZE = 8;
export const XATTR_HEADER_SIZE = 12;
export const DIRENT_SIZE = 12;
export const NAME_LIMIT = 255;
/** Block numbers have 32 bits. */
export const DEVICE_LIMIT = 2 ** 32 * BLOCK;

export const LAYOUT = { plain: 0, inline: 2, chunks: 4 } as const;

/** Numbers of extra devices. */
export const DEVICE = { tar: 1, sparse: 2 } as const;

/** Where in an inode the fields stand that a commit may patch. */
export const INODE_FIELDS = { mode: 4, uid: 24, gid: 28 } as const;

const EXTENDED = 1;
/** In place of a block: the chunk is a hole. */
const HOLE = 0xffff_ffff;
/** In an inode's chunk format: indexes of 8 bytes follow. */
export const CHUNK_INDEXES = 0x20;

export interface Superblock {
  readonly inodes: number;
  /** Of the image itself. */
  readonly blocks: number;
  readonly metaBlock: number;
  /** Bytes of each extra device. */
  readonly devices: readonly number[];
}

/** The first HEAD_SIZE bytes of an image. */
export function encodeHead(superblock: Superblock): Buffer {
  const head = Buffer.alloc(HEAD_SIZE);
  const at = SUPERBLOCK_AT;
  head.writeUInt32LE(MAGIC, at);
  head.writeUInt8(BLOCK_BITS, at + 12);
  head.writeUInt16LE(ROOT_NID, at + 14);
  head.writeBigUInt64LE(BigInt(superblock.inodes), at + 16);
  head.writeUInt32LE(superblock.blocks, at + 36);
  head.writeUInt32LE(superblock.metaBlock, at + 40);
  head.writeUInt32LE(INCOMPAT_CHUNKED_FILE | INCOMPAT_DEVICE_TABLE, at + 80);
  head.writeUInt16LE(superblock.devices.length, at + 86);
  head.writeUInt16LE(SLOTS_AT / SLOT, at + 88);
  for (const [index, size] of superblock.devices.entries()) {
    head.writeUInt32LE(Math.ceil(size / BLOCK), SLOTS_AT + index * SLOT + 64);
  }
  return head;
}

/** Where an image's root inode is. @throws RangeError when it is none of ours */
export function rootInodeAt(head: Buffer): number {
  if (head.length < HEAD_SIZE || head.readUInt32LE(SUPERBLOCK_AT) !== MAGIC) {
    throw new RangeError("not an EROFS image");
  }
  return head.readUInt32LE(SUPERBLOCK_AT + 40) * BLOCK + head.readUInt16LE(SUPERBLOCK_AT + 14) * NID_UNIT;
}

export interface Inode {
  readonly layout: number;
  readonly xattrCount: number;
  readonly mode: number;
  readonly size: number;
  /** Block, chunk format or device number, by layout and type. */
  readonly union: number;
  readonly number: number;
  readonly uid: number;
  readonly gid: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly links: number;
}

export function encodeInode(view: DataView, at: number, inode: Inode): void {
  view.setUint16(at, EXTENDED | (inode.layout << 1), true);
  view.setUint16(at + 2, inode.xattrCount, true);
  view.setUint16(at + INODE_FIELDS.mode, inode.mode, true);
  set64(view, at + 8, inode.size);
  view.setUint32(at + 16, inode.union, true);
  view.setUint32(at + 20, inode.number, true);
  view.setUint32(at + INODE_FIELDS.uid, inode.uid, true);
  view.setUint32(at + INODE_FIELDS.gid, inode.gid, true);
  set64(view, at + 32, inode.seconds);
  view.setUint32(at + 40, inode.nanoseconds, true);
  view.setUint32(at + 44, inode.links, true);
}

/** A safe integer, two's complement: times before 1970 are negative. */
function set64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 2 ** 32);
  view.setUint32(at, value - high * 2 ** 32, true);
  view.setInt32(at + 4, high, true);
}

export function encodeHole(view: DataView, at: number): void {
  view.setUint32(at + 4, HOLE, true);
}

export function encodeChunkIndex(view: DataView, at: number, device: number, block: number): void {
  view.setUint16(at + 2, device, true);
  view.setUint32(at + 4, block, true);
}
