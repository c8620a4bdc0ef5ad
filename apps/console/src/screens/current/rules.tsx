import { useState } from 'react';
import { useHubQuery } from '../../hub/useHub.js';
import { Answer } from '../../parts/problem.js';
import { ChangePreview } from './changePreview.js';
import { ConfirmUpdate } from './confirmUpdate.js';
import type { CurrentData } from './current.js';
import { describeRule, givenRules, moved, rulesQuery, type Rule, type ShownRules } from './fieldRules.js';
import { NewRule } from './newRule.js';
import { RulesPreview } from './rulesPreview.js';

type Stored = Pick<CurrentData, 'id' | 'name' | 'eventTypes' | 'allowedActions'> & {
  readonly version: number;
  readonly fieldRules: ShownRules;
};

/** What a Current takes out of its events, hashes, adds or leaves out, before they are sent. */
export function Rules({ current }: { readonly current: CurrentData }) {
  const [round, setRound] = useState(0);
  const [isReplacing, setIsReplacing] = useState(false);
  const reading = useHubQuery(rulesQuery, { id: current.id });
  return (
    <>
      <p className="muted">
        Rules change what this Current sends, from the next request on. What the hub stores, and what other Currents
        send, stays as it came. Filters see the event as it came; then contact details go, and then each rule sees what
        those before it have left.
      </p>
      <Answer reading={reading}>
        {({ current: read }) => {
          if (!('fieldRules' in read)) return null;
          const { version, fieldRules } = read;
          if (!fieldRules.isReadable && !isReplacing)
            return <Unreadable onReplace={() => setIsReplacing(true)} mayChange={mayChange(current)} />;
          return (
            <Editor
              key={round}
              stored={{ ...current, version, fieldRules }}
              onBegin={() => {
                setIsReplacing(false);
                setRound(round + 1);
              }}
            />
          );
        }}
      </Answer>
    </>
  );
}

function mayChange({ allowedActions }: Pick<CurrentData, 'allowedActions'>): boolean {
  return allowedActions.includes('UPDATE');
}

function Unreadable({ onReplace, mayChange }: { readonly onReplace: () => void; readonly mayChange: boolean }) {
  return (
    <div className="note bad" role="status">
      <p>
        A later release of the hub stored the field rules. This one cannot show them, so it sends nothing: without the
        rules, events would show what they hide. Events wait.
      </p>
      <p>Run that release again. Rules that replace them here cannot be undone: the present ones are gone then.</p>
      {mayChange ? (
        <button type="button" className="danger" onClick={onReplace}>
          Replace them…
        </button>
      ) : null}
    </div>
  );
}

function Editor({ stored, onBegin }: { readonly stored: Stored; readonly onBegin: () => void }) {
  const [base] = useState(stored);
  const [hasNoContacts, setHasNoContacts] = useState(base.fieldRules.isWithoutContactDetails);
  const [rules, setRules] = useState<readonly Rule[]>(() => givenRules(base.fieldRules));
  const [isPlanning, setIsPlanning] = useState(false);
  const fieldRules = { isWithoutContactDetails: hasNoContacts, rules: [...rules] };
  const isSame =
    base.fieldRules.isReadable &&
    hasNoContacts === base.fieldRules.isWithoutContactDetails &&
    JSON.stringify(rules) === JSON.stringify(givenRules(base.fieldRules));
  const isEditable = mayChange(base);
  return (
    <>
      {stored.version === base.version ? null : (
        <div className="note warn" role="status">
          <p>The Current was changed meanwhile, so this change would be refused.</p>
          <button type="button" onClick={onBegin}>
            Begin anew with the present rules
          </button>
        </div>
      )}
      <label className="choice">
        <input
          type="checkbox"
          disabled={!isEditable}
          checked={hasNoContacts}
          onChange={(event) => setHasNoContacts(event.target.checked)}
        />
        Without contact details: take e-mail addresses and phone numbers out of all properties
      </label>
      <RuleList rules={rules} isEditable={isEditable} onChange={setRules} />
      {isEditable ? (
        <>
          <NewRule onAdd={(rule) => setRules([...rules, rule])} />
          <div className="actions">
            <button type="button" className="primary" disabled={isSame} onClick={() => setIsPlanning(true)}>
              Plan the change
            </button>
            <button type="button" disabled={isSame} onClick={onBegin}>
              Undo all
            </button>
          </div>
          {isSame ? <p className="muted">Nothing is different from now.</p> : null}
        </>
      ) : null}
      <h2>One event, before and after</h2>
      <RulesPreview currentId={base.id} eventTypes={base.eventTypes} fieldRules={fieldRules} />
      {isPlanning ? (
        <ConfirmUpdate current={base} change={{ fieldRules }} onDone={onBegin} onClose={() => setIsPlanning(false)}>
          {base.fieldRules.isReadable ? null : (
            <p className="note bad">Rules of a later release are replaced, and gone for good.</p>
          )}
          <RuleList rules={rules} isEditable={false} onChange={setRules} />
          {hasNoContacts ? <p>Contact details are taken out.</p> : <p>Contact details are not looked for.</p>}
          <ChangePreview input={{ currentId: base.id, fieldRules }} />
        </ConfirmUpdate>
      ) : null}
    </>
  );
}

function RuleList({
  rules,
  isEditable,
  onChange,
}: {
  readonly rules: readonly Rule[];
  readonly isEditable: boolean;
  readonly onChange: (rules: readonly Rule[]) => void;
}) {
  if (rules.length === 0)
    return (
      <div className="empty">
        <p>
          There is no rule: events are sent as they came. Add the first one below, and see what it does to an event.
        </p>
      </div>
    );
  return (
    <ol aria-label="Rules, in order">
      {rules.map((rule, index) => {
        const words = describeRule(rule);
        return (
          <li key={`${index} ${words}`}>
            {words}
            {isEditable ? (
              <span className="actions">
                <button
                  type="button"
                  aria-label={`Move up: ${words}`}
                  disabled={index === 0}
                  onClick={() => onChange(moved(rules, index, -1))}
                >
                  Up
                </button>
                <button
                  type="button"
                  aria-label={`Move down: ${words}`}
                  disabled={index === rules.length - 1}
                  onClick={() => onChange(moved(rules, index, 1))}
                >
                  Down
                </button>
                <button
                  type="button"
                  aria-label={`Remove: ${words}`}
                  onClick={() => onChange(rules.filter((_rule, other) => other !== index))}
                >
                  Remove
                </button>
              </span>
            ) : null}
          </li>
        );
      })}
    </ol>
  );
}
