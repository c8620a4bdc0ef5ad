import { useEffect, useRef } from 'react';
import { count } from '../parts/number.js';
import type { Choices } from './choices.js';
import { typesOf } from './selection.js';

interface TreeProps {
  readonly choices: Pick<Choices, 'catalogue'>;
  readonly supported: ReadonlySet<string>;
  readonly ticked: ReadonlySet<string>;
  /** Events of each type in the last day. */
  readonly lastDay: ReadonlyMap<string, number>;
  readonly onChange: (ticked: ReadonlySet<string>) => void;
}

/** Groups, channels and event types, each with a tick; a part of a group shows as a dash. */
export function TickTree({ choices: { catalogue }, supported, ticked, lastDay, onChange }: TreeProps) {
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
            <Tick
              label={group.label}
              about={group.description}
              types={types}
              ticked={ticked}
              lastDay={lastDay}
              onSet={set}
            />
            <ul>
              {group.channels.map((channel) => (
                <li key={channel.key}>
                  <Tick
                    label={channel.label}
                    about={channel.description}
                    types={typesOf(channel, supported)}
                    ticked={ticked}
                    lastDay={lastDay}
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
                            lastDay={lastDay}
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
  lastDay,
  onSet,
}: {
  readonly label: string;
  readonly about: string;
  /** The event types that it stands for; none when the destination supports none of them. */
  readonly types: readonly string[];
  readonly ticked: ReadonlySet<string>;
  readonly lastDay: ReadonlyMap<string, number>;
  readonly onSet: (types: readonly string[], isTicked: boolean) => void;
}) {
  const box = useRef<HTMLInputElement>(null);
  const tickedCount = types.filter((type) => ticked.has(type)).length;
  const volume = types.reduce((sum, type) => sum + (lastDay.get(type) ?? 0), 0);
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
            {tickedCount} of {types.length} types
          </span>
        ) : null}
        {volume > 0 ? (
          <span className="muted">
            {types.length > 1 ? ', ' : ''}
            {count(volume)} events in the last day
          </span>
        ) : null}
      </span>
    </label>
  );
}
