import { graphql } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { Lines, StackedBars, type Series } from '../../parts/chart.js';
import { Answer } from '../../parts/problem.js';
import { Time } from '../../parts/time.js';
import { useFilters } from '../../routing.js';

const seriesQuery = graphql(`
  query CurrentSeries($id: ID!, $resolution: SeriesResolution!) {
    series(
      currentId: $id
      resolution: $resolution
      metrics: [DELIVERED, SKIPPED, REJECTED, EXPIRED, UNSELECTED, LATENCY_P50_MS, LATENCY_P95_MS, LATENCY_P99_MS]
    ) {
      countedSince
      series {
        metric
        points {
          at
          value
        }
      }
    }
  }
`);

const spans = [
  { name: 'hour', title: 'Last hour', step: 'a minute', resolution: 'MINUTE' },
  { name: 'day', title: 'Last 24 hours', step: 'an hour', resolution: 'HOUR' },
  { name: 'weeks', title: 'Last 14 days', step: 'a day', resolution: 'DAY' },
] as const;

const outcomes = [
  { metric: 'DELIVERED', title: 'Delivered', tone: 'good' },
  { metric: 'SKIPPED', title: 'Skipped', tone: 'skip', to: (id: string) => `/currents/${id}/skipped` },
  { metric: 'REJECTED', title: 'Rejected', tone: 'bad', to: (id: string) => `/dead-letters?current=${id}` },
  { metric: 'EXPIRED', title: 'Expired', tone: 'warn', to: (id: string) => `/dead-letters?current=${id}` },
  { metric: 'UNSELECTED', title: 'Not selected', tone: 'plain', to: (id: string) => `/currents/${id}/edit` },
] as const;

const latencies = [
  { metric: 'LATENCY_P50_MS', title: 'half of the events', tone: 'good' },
  { metric: 'LATENCY_P95_MS', title: '95 %', tone: 'warn' },
  { metric: 'LATENCY_P99_MS', title: '99 %', tone: 'bad' },
] as const;

interface Drawn {
  readonly metric: string;
  readonly title: string;
  readonly tone: string;
  /** The list behind it, by the id of the Current. */
  readonly to?: (id: string) => string;
}

/** How the events of a Current ended over time, and how long they took. */
export function Charts({ id }: { readonly id: string }) {
  const [filters, change] = useFilters();
  const span = spans.find(({ name }) => name === filters.get('span')) ?? spans[1];
  const reading = useHubQuery(seriesQuery, { id, resolution: span.resolution });
  return (
    <>
      <div className="filters" role="group" aria-label="Time">
        {spans.map(({ name, title }) => (
          <button key={name} type="button" aria-pressed={name === span.name} onClick={() => change({ span: name })}>
            {title}
          </button>
        ))}
      </div>
      <Answer reading={reading}>
        {({ series: { countedSince, series } }) => {
          const steps = (series[0]?.points ?? []).map(({ at }) => at);
          const draw = (known: readonly Drawn[]) =>
            known.map(({ metric, title, tone, to }): Series => ({
              ...{ title, tone, ...(to && { to: to(id) }) },
              values: series.find((one) => one.metric === metric)?.points.map(({ value }) => value) ?? [],
            }));
          return (
            <>
              <StackedBars title={`Events by outcome, ${span.step} each`} steps={steps} series={draw(outcomes)} />
              <Lines
                title="Time from arrival to delivery, at most"
                steps={steps}
                series={draw(latencies)}
                format={latency}
              />
              <p className="muted">
                Counted since <Time at={countedSince} />. The last two minutes may be missing.
              </p>
            </>
          );
        }}
      </Answer>
    </>
  );
}

function latency(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
