export type {
  Budget,
  Connector,
  Item,
  Mapped,
  RateLimit,
  SendContext,
  SendResult,
  TestResult,
  Verdict,
} from './connector.js';
export type { Http, HttpAnswer, HttpRequest } from './http.js';
