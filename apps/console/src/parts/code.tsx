import { Fragment } from 'react';

/** A name such as an event type or a reason, broken at its dots and underscores where a line is too short for it. */
export function Breakable({ text }: { readonly text: string | null }) {
  return (text ?? '').split(/(?<=[._])/).map((part, index) => (
    <Fragment key={index}>
      {index === 0 ? null : <wbr />}
      {part}
    </Fragment>
  ));
}

/** The same in the font of code. */
export function Code({ text }: { readonly text: string | null }) {
  return (
    <code className="breakable">
      <Breakable text={text} />
    </code>
  );
}
