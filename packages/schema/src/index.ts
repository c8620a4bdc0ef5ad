export type { CatalogueEvent, EventUser } from './event.js';
