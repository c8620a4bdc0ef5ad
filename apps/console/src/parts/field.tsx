import { useId, type ReactNode } from 'react';

/** A labelled control with its description, and what is wrong with its value. */
export function Field({
  label,
  about,
  problem,
  children,
}: {
  readonly label: string;
  readonly about?: string | undefined;
  readonly problem?: string | undefined;
  readonly children: (id: string, describedBy: string | undefined) => ReactNode;
}) {
  const id = useId();
  const describedBy = about !== undefined || problem !== undefined ? `${id}-about` : undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children(id, describedBy)}
      {describedBy === undefined ? null : (
        <div id={describedBy}>
          {problem === undefined ? null : <p className="wrong">{problem}</p>}
          {about === undefined ? null : <p className="muted">{about}</p>}
        </div>
      )}
    </div>
  );
}
