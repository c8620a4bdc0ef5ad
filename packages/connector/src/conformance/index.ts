export { awkwardAnswers, htmlAnswer, jsonAnswer, noAnswer, textAnswer } from './answers.js';
export { describeConnector } from './describeConnector.js';
export { examplesIn } from './examples.js';
export type { Example } from './examples.js';
export { itemsOf } from './items.js';
export type { ConformanceOptions, InvalidInput, ScriptedCase } from './options.js';
export { scriptedHttp } from './scriptedHttp.js';
export type { ScriptedHttp } from './scriptedHttp.js';
