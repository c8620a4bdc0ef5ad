import { useEffect, useRef } from 'react';
import type { Choices } from './newCurrent.js';
import { typesOf } from './selection.js';

interface TreeProps {
  readonly choices: Pick<Choices, 'catalogue'>;
  readonly supported: ReadonlySet<string>;
  readonly ticked: ReadonlySet<string>;
  readonly onChange: (ticked: ReadonlySet<string>) => void;
}

/** Groups, channels and event types, each with a tick; a part of a group shows as a dash. */
export function TickTree({ choices: { catalogue }, supported, ticked, onChange }: TreeProps) {
  const set = (types: readonly string[], isTicked: boolean): void => {
    const next = new Set(ticked);
    for (const type of types)
      if (isTicked) next.add(type);
      else next.delete(type);
    onChange(next);
  };
  return (
    <ul className="tree">
      {catalogue.map((group) => {
        const types = group.channels.flatMap((channel) => typesOf(channel, supported));
        return (
          <li key={group.name}>
            <Tick label={group.label} about={group.description} types={types} ticked={ticked} onSet={set} />
            <ul>
              {group.channels.map((channel) => (
                <li key={channel.key}>
                  <Tick
                    label={channel.label}
                    about={channel.description}
                    types={typesOf(channel, supported)}
                    ticked={ticked}
                    onSet={set}
                  />
                  <details>
                    <summary aria-label={`Event types of ${channel.label}`}>Event types</summary>
                    <ul>
                      {channel.eventTypes.map(({ name, title, description, isDeprecated }) => (
                        <li key={name}>
                          <Tick
                            label={isDeprecated ? `${title} (deprecated)` : title}
                            about={`${name}: ${description}`}
                            types={supported.has(name) ? [name] : []}
                            ticked={ticked}
                            onSet={set}
                          />
                        </li>
                      ))}
                    </ul>
                  </details>
                </li>
              ))}
            </ul>
          </li>
        );
      })}
    </ul>
  );
}

function Tick({
  label,
  about,
  types,
  ticked,
  onSet,
}: {
  readonly label: string;
  readonly about: string;
  /** The event types that it stands for; none when the destination supports none of them. */
  readonly types: readonly string[];
  readonly ticked: ReadonlySet<string>;
  readonly onSet: (types: readonly string[], isTicked: boolean) => void;
}) {
  const box = useRef<HTMLInputElement>(null);
  const tickedCount = types.filter((type) => ticked.has(type)).length;
  const isWhole = types.length > 0 && tickedCount === types.length;
  useEffect(() => {
    if (box.current) box.current.indeterminate = tickedCount > 0 && !isWhole;
  });
  return (
    <label className="tick" title={about}>
      <input
        ref={box}
        type="checkbox"
        disabled={types.length === 0}
        checked={isWhole}
        onChange={(event) => onSet(types, event.target.checked)}
      />
      <span>
        {label} {types.length === 0 ? <em className="muted">not supported by the destination</em> : null}
        {types.length > 1 ? (
          <span className="muted">
            {tickedCount} of {types.length}
          </span>
        ) : null}
      </span>
    </label>
  );
}
