import type { Queries } from '../admin/admin.js';

/** Stores how far an operation has come, in the transaction of its last step. Rejects when it must not go on. */
export type SaveProgress<Progress> = (tx: Queries, progress: Progress) => Promise<void>;
