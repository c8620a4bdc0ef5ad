/**
 * Memory that bytes are copied to while they wait for their commit. Bodies that came one by one, and wait each in a
 * buffer of its own, live long enough for the collector to take them for old; then it looks for old ones several times
 * a second, which costs more than the copy. They lie one after another with a comma before, between and after them, as
 * a batch wants them.
 */
export interface BufferPool {
  /** Answers a copy. It is good until `release` has been called for it. */
  copy(bytes: Buffer): PooledCopy;
}

export interface PooledCopy {
  readonly bytes: Buffer;
  /** To be called once. */
  release(): void;
}

interface Block {
  readonly memory: Buffer;
  used: number;
  /** Copies in it that are not released. */
  held: number;
}

const blockBytes = 8 * 1024 * 1024;
/** What is larger is rare, and is left where it is. */
const maxCopyBytes = blockBytes / 16;
/** Slabs kept for later; what a flood took beyond that goes back. */
const maxFreeBlocks = 4;

export function createBufferPool(): BufferPool {
  const free: Block[] = [];
  let open: Block | undefined;

  function slabFor(bytes: number): Block {
    if (!open || open.used + bytes + 1 > blockBytes)
      open = free.pop() ?? { memory: Buffer.allocUnsafeSlow(blockBytes), used: 0, held: 0 };
    if (open.used === 0) open.used = open.memory.write(',');
    return open;
  }

  function release(slab: Block): void {
    slab.held--;
    if (slab.held > 0) return;
    slab.used = 0;
    if (slab !== open && free.length < maxFreeBlocks) free.push(slab);
  }

  return {
    copy(bytes) {
      if (bytes.length > maxCopyBytes) return { bytes, release: () => undefined };
      const slab = slabFor(bytes.length);
      const copy = slab.memory.subarray(slab.used, slab.used + bytes.length);
      bytes.copy(copy);
      slab.used += bytes.length;
      slab.used += slab.memory.write(',', slab.used);
      slab.held++;
      return { bytes: copy, release: () => release(slab) };
    },
  };
}
