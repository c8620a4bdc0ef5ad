import { useState, type FormEvent } from 'react';
import { useHubQuery } from '../../hub/useHub.js';
import { Field } from '../../parts/field.js';
import { count } from '../../parts/number.js';
import { Answer } from '../../parts/problem.js';
import { SchemaForm } from '../../parts/schemaForm.js';
import { choicesQuery, lastDayOf, supportedBy, type Choices } from '../choices.js';
import { changedSelection } from '../selection.js';
import { TickTree } from '../tickTree.js';
import { ChangePreview } from './changePreview.js';
import { differencesOf, onlyIn, patchOf, type Difference } from './changes.js';
import { ConfirmUpdate, type CurrentChange } from './confirmUpdate.js';
import type { CurrentData } from './current.js';

/** Changes what a Current sends, where and how: planned first, then confirmed by name. */
export function Edit({ current }: { readonly current: CurrentData }) {
  const [round, setRound] = useState(0);
  const [isChanged, setIsChanged] = useState(false);
  const reading = useHubQuery(choicesQuery, {}, { isLive: false });
  if (!current.allowedActions.includes('UPDATE')) return <p className="empty">A deleted Current cannot be changed.</p>;
  const begin = (hasChanged: boolean): void => {
    setIsChanged(hasChanged);
    setRound(round + 1);
  };
  return (
    <>
      {isChanged ? (
        <p className="note good" role="status">
          It is changed, from its next request on. The history has what it was before.
        </p>
      ) : null}
      <Answer reading={reading}>
        {(choices) => <Form key={round} current={current} choices={choices} onBegin={begin} />}
      </Answer>
    </>
  );
}

function Form({
  current,
  choices,
  onBegin,
}: {
  readonly current: CurrentData;
  readonly choices: Choices;
  /** Begins anew with the present values. */
  readonly onBegin: (hasChanged: boolean) => void;
}) {
  const [base] = useState(current);
  const [name, setName] = useState(base.name);
  const [contactEmail, setContactEmail] = useState(base.contactEmail);
  const [linger, setLinger] = useState(String(base.lingerMs));
  const [settings, setSettings] = useState(base.settings);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set(base.eventTypes));
  const [isPlanning, setIsPlanning] = useState(false);
  const destination = choices.destinations.find((known) => known.name === base.destinationName);
  const supported = supportedBy(choices, base.destinationName);
  const lastDay = lastDayOf(choices);

  const before = new Set(base.eventTypes);
  const [added, removed] = [onlyIn(ticked, before), onlyIn(before, ticked)];
  const patch = patchOf(base.settings, settings);
  const change: CurrentChange = {
    ...(name !== base.name && { name }),
    ...(contactEmail !== base.contactEmail && { contactEmail }),
    ...(Number(linger) !== base.lingerMs && { lingerMs: Number(linger) }),
    ...(patch && { settings: patch }),
    ...(added.length + removed.length > 0 && {
      selection: changedSelection(choices, supported, ticked, base.selection),
    }),
  };
  const differences: readonly Difference[] = [
    { name: 'Name', from: base.name, to: name },
    { name: 'Contact', from: base.contactEmail, to: contactEmail },
    { name: 'Gathers events for up to', from: `${base.lingerMs} ms`, to: `${Number(linger)} ms` },
    ...(patch ? differencesOf(base.settings, patch) : []),
  ].filter(({ from, to }) => from !== to);
  const isNothing = Object.keys(change).length === 0;
  const plan = (event: FormEvent): void => {
    event.preventDefault();
    setIsPlanning(true);
  };
  return (
    <>
      <form onSubmit={plan} aria-label="Edit">
        {current.version === base.version ? null : (
          <div className="note warn" role="status">
            <p>It was changed meanwhile, so this change would be refused.</p>
            <button type="button" onClick={() => onBegin(false)}>
              Begin anew with the present values
            </button>
          </div>
        )}
        <fieldset>
          <legend>Name and contact</legend>
          <Field label="Name" about="Unique among your Currents.">
            {(id, describedBy) => (
              <input
                id={id}
                aria-describedby={describedBy}
                required
                maxLength={100}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label="Contact" about="Notices go to this e-mail address when the Current needs repair.">
            {(id, describedBy) => (
              <input
                id={id}
                type="email"
                aria-describedby={describedBy}
                required
                value={contactEmail}
                onChange={(event) => setContactEmail(event.target.value)}
              />
            )}
          </Field>
        </fieldset>
        <fieldset>
          <legend>Settings</legend>
          {destination ? (
            <SchemaForm
              schema={destination.settingsSchema}
              values={settings}
              problems={new Map()}
              onChange={(values) => setSettings({ ...values })}
            />
          ) : null}
          <Field
            label="Gathers events for up to (milliseconds)"
            about="Due events wait so long for others, so that a request carries many. 0 sends each at once. In a flood nothing waits."
          >
            {(id, describedBy) => (
              <input
                id={id}
                type="number"
                aria-describedby={describedBy}
                required
                min={0}
                max={10_000}
                value={linger}
                onChange={(event) => setLinger(event.target.value)}
              />
            )}
          </Field>
        </fieldset>
        <fieldset>
          <legend>Event types</legend>
          <p className="muted">
            {count(ticked.size)} ticked, {count(added.length)} more and {count(removed.length)} fewer than now. A whole
            group or channel also takes the event types that are added to it later.
          </p>
          <TickTree choices={choices} supported={supported} ticked={ticked} lastDay={lastDay} onChange={setTicked} />
        </fieldset>
        <div className="actions">
          <button type="submit" className="primary" disabled={isNothing || ticked.size === 0}>
            Plan the change
          </button>
          <button type="button" disabled={isNothing} onClick={() => onBegin(false)}>
            Undo all
          </button>
        </div>
        {isNothing ? <p className="muted">Nothing is different from now.</p> : null}
        {ticked.size === 0 ? <p className="muted">Tick an event type. To send nothing, pause the Current.</p> : null}
      </form>
      {isPlanning ? (
        <ConfirmUpdate
          current={base}
          change={change}
          credentialsSchema={destination?.credentialsSchema}
          onDone={() => onBegin(true)}
          onClose={() => setIsPlanning(false)}
        >
          <ul>
            {differences.map((difference) => (
              <li key={difference.name}>
                {difference.name}: {difference.from} → <strong>{difference.to}</strong>
              </li>
            ))}
            <Types word="more" names={added} lastDay={lastDay} />
            <Types word="fewer" names={removed} lastDay={lastDay} />
          </ul>
          {(change.settings ?? change.selection) ? (
            <ChangePreview
              input={{
                currentId: base.id,
                ...(patch && { settings: patch }),
                ...(change.selection && { selection: change.selection }),
              }}
            />
          ) : null}
        </ConfirmUpdate>
      ) : null}
    </>
  );
}

function Types({
  word,
  names,
  lastDay,
}: {
  readonly word: 'more' | 'fewer';
  readonly names: readonly string[];
  readonly lastDay: ReadonlyMap<string, number>;
}) {
  if (names.length === 0) return null;
  const volume = names.reduce((sum, name) => sum + (lastDay.get(name) ?? 0), 0);
  return (
    <li>
      {count(names.length)} event types {word}, with {count(volume)} events in the last day: {names.join(', ')}
    </li>
  );
}
