export { awkwardAnswers, htmlAnswer, jsonAnswer, noAnswer, textAnswer } from './answers.js';
export { describeCohortImport, describeCohortPull, describeConnector, describeSegmentExport } from './describe.js';
export { itemsOf } from './items.js';
export type { ConformanceOptions, RouteOptions } from './options.js';
export type { PullOptions } from './pullLaws.js';
export { segmentExportLaws, type SegmentExportOptions } from './segmentExportLaws.js';
export { scriptedHttp, scriptedStreams } from './scriptedHttp.js';
