/** The Postgres schema that holds BullMQ's own tables. */
export const queueSchema = 'bullmq';
