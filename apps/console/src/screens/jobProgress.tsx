import { count } from '../parts/number.js';
import { Time } from '../parts/time.js';

interface JobSteps {
  readonly doneCount: number;
  readonly totalCount: number | null;
  readonly finishedAt: string | null;
  readonly estimatedEndAt: string | null;
  readonly progressedAt: string | null;
}

/** How far a job is, and when it will be done. */
export function JobProgress({
  job: { doneCount, totalCount, finishedAt, estimatedEndAt, progressedAt },
}: {
  readonly job: JobSteps;
}) {
  const text = `${count(doneCount)}${totalCount === null ? '' : ` of ${count(totalCount)}`}`;
  if (finishedAt !== null) return text;
  return (
    <>
      {totalCount ? <progress value={doneCount} max={totalCount} aria-label={text} /> : null} {text}
      <div className="muted reason">
        {estimatedEndAt ? (
          <>
            ends <Time at={estimatedEndAt} />
          </>
        ) : progressedAt ? (
          <>
            last step <Time at={progressedAt} />
          </>
        ) : null}
      </div>
    </>
  );
}
