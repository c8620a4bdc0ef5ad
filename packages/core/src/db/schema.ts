/**
 * Every table, as the migrations make them: for typed queries, and for reading. The migrations are what makes them; a
 * test compares the two.
 */
export * from './schema/admin.js';
export * from './schema/cohorts.js';
export * from './schema/counts.js';
export * from './schema/currents.js';
export * from './schema/events.js';
export * from './schema/ledger.js';
export * from './schema/notices.js';
export * from './schema/privacy.js';
export * from './schema/segmentSyncs.js';
export * from './schema/segments.js';
