import type { Http } from '@currents/connector';
import type { Metrics } from '../process/metrics.js';

/** The HTTP client of one Current, which counts the responses of its destination. */
export function countResponses(
  http: Http,
  currentId: number,
  { partnerResponded }: Pick<Metrics, 'partnerResponded'>,
): Http {
  return {
    async request(request) {
      const response = await http.request(request);
      partnerResponded(currentId, 'failure' in response ? response.failure : response.status);
      return response;
    },
  };
}
