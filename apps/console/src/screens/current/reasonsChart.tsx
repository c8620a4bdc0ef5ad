import { graphql } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { StackedBars } from '../../parts/chart.js';
import { Answer } from '../../parts/problem.js';
import type { CurrentData } from './current.js';
import { daysBetween, seriesByReason } from './reasonSeries.js';

const daysQuery = graphql(`
  query DailyReasons($id: ID!, $from: Date!, $to: Date!) {
    current(id: $id) {
      ... on Current {
        dailyCounts(from: $from, to: $to) {
          day
          delivered
          pending
          unselected
          skippedReasons {
            code
            eventCount
          }
          rejectedReasons {
            code
            eventCount
          }
          expiredReasons {
            code
            eventCount
          }
        }
      }
    }
  }
`);

const shownDays = 30;

/** How the events of the last days stand now, by the day on which they arrived and by reason. */
export function ReasonsChart({ current: { id, destination } }: { readonly current: CurrentData }) {
  const to = dayOf(Date.now());
  const from = dayOf(Date.now() - (shownDays - 1) * 86_400_000);
  const reading = useHubQuery(daysQuery, { id, from, to });
  const meanings = new Map((destination?.reasons ?? []).map(({ code, description }) => [code, description]));
  const days = daysBetween(from, to);
  return (
    <Answer reading={reading}>
      {({ current }) =>
        'dailyCounts' in current ? (
          <StackedBars
            title={`Events of the last ${shownDays} days by outcome and reason, a day each`}
            steps={days.map((day) => `${day}T00:00:00Z`)}
            series={seriesByReason(current.dailyCounts, days, id, meanings)}
          />
        ) : null
      }
    </Answer>
  );
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
