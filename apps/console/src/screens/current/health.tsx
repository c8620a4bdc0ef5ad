import { count } from '../../parts/number.js';
import { Outcomes } from '../../parts/outcomes.js';
import { sentence } from '../../parts/problem.js';
import { duration, Time, useNowMs } from '../../parts/time.js';
import { lazyScreen } from '../../parts/lazyScreen.js';
import { Charts } from './charts.js';
import { CredentialsForm } from './credentials.js';
import type { CurrentData } from './current.js';

const ReasonsChart = lazyScreen(async () => (await import('./reasonsChart.js')).ReasonsChart);

/** What is wrong with a Current, and what became of its events. */
export function Health({ current }: { readonly current: CurrentData }) {
  const { block, deferral, warnings, counts, id, destination } = current;
  const meanings = new Map((destination?.reasons ?? []).map(({ code, description }) => [code, description]));
  return (
    <>
      {block ? <Blocked current={current} block={block} /> : null}
      {deferral ? (
        <p className="note warn">
          Next attempt <Time at={deferral.until} />: {sentence(deferral.detail)}
        </p>
      ) : null}
      {warnings.map(({ code, message }) => (
        <p key={code} className="note warn">
          {message}
        </p>
      ))}
      <div className="charts">
        <Charts id={id} />
      </div>
      <ReasonsChart current={current} />
      <h2>Outcomes since it was created</h2>
      <p className="muted">
        {count(counts.selected)} events were selected. Each has one of these outcomes; a replayed event counts again.
      </p>
      <Outcomes counts={counts} currentId={id} meanings={meanings} />
    </>
  );
}

function Blocked({
  current,
  block: { detail, blockedAt, nextProbeAt },
}: {
  readonly current: CurrentData;
  readonly block: NonNullable<CurrentData['block']>;
}) {
  const nowMs = useNowMs();
  return (
    <div className="note bad" role="status">
      <p>
        <strong>Blocked</strong> <Time at={blockedAt} />: {sentence(detail)}
      </p>
      <p>
        {current.retryWindowEndsAt ? (
          <>
            {count(current.counts.pending)} events wait. Repair it within{' '}
            <strong>{duration(Date.parse(current.retryWindowEndsAt) - nowMs)}</strong>: then the first of them
            expires.{' '}
          </>
        ) : (
          'Events that come are kept for the retry window. '
        )}
        {nextProbeAt ? (
          <>
            The hub tries again in <span className="countdown">{duration(Date.parse(nextProbeAt) - nowMs)}</span>.
          </>
        ) : (
          'The hub does not try again by itself.'
        )}
      </p>
      <p>“Test now” tries at once. When it passes, the Current goes live.</p>
      <CredentialsForm current={current} />
    </div>
  );
}
