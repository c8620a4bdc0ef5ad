import { useState } from 'react';

/** Longer JSON makes browsers stand still. */
const maxCharacters = 64 * 1024;

/** JSON for people, cut above 64 KB unless all of it is asked for. */
export function Json({ value, label }: { readonly value: unknown; readonly label: string }) {
  const [isWhole, setIsWhole] = useState(false);
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  const isCut = text.length > maxCharacters && !isWhole;
  return (
    <figure className="json">
      <pre tabIndex={0} aria-label={label}>
        {isCut ? text.slice(0, maxCharacters) : text}
      </pre>
      {isCut ? (
        <figcaption>
          Cut after 64 KB.{' '}
          <button type="button" onClick={() => setIsWhole(true)}>
            Show raw
          </button>
        </figcaption>
      ) : null}
    </figure>
  );
}
