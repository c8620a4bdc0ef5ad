interface Block {
  readonly memory: Buffer;
  used: number;
  /** The copies in it that are not released. */
  held: number;
}

const blockBytes = 8 * 1024 * 1024;
/** Larger bytes are rare, and are not copied. */
const maxCopyBytes = blockBytes / 16;
/** The free blocks kept for reuse; others are left to the garbage collector. */
const maxFreeBlocks = 4;

/**
 * Copies bytes into large blocks of memory while they wait for their commit. Separate buffers would live long enough to
 * enter the old generation of the heap, whose frequent collections cost more than the copies. The copies are adjacent,
 * with a comma before, between and after them, as `packBatch` needs them.
 */
export function createBufferPool() {
  const free: Block[] = [];
  let open: Block | undefined;

  function blockFor(bytes: number): Block {
    if (!open || open.used + bytes + 1 > blockBytes)
      open = free.pop() ?? { memory: Buffer.allocUnsafeSlow(blockBytes), used: 0, held: 0 };
    if (open.used === 0) open.used = open.memory.write(',');
    return open;
  }

  function release(block: Block): void {
    block.held--;
    if (block.held > 0) return;
    block.used = 0;
    if (block !== open && free.length < maxFreeBlocks) free.push(block);
  }

  return {
    /** Returns a copy that is valid until it is released, which must be done once. */
    copy(bytes: Buffer) {
      if (bytes.length > maxCopyBytes) return { bytes, release: () => undefined };
      const block = blockFor(bytes.length);
      const copy = block.memory.subarray(block.used, block.used + bytes.length);
      bytes.copy(copy);
      block.used += bytes.length;
      block.used += block.memory.write(',', block.used);
      block.held++;
      return { bytes: copy, release: () => release(block) };
    },
  };
}
