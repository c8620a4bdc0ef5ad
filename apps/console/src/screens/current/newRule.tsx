import { useState, type FormEvent } from 'react';
import { Field } from '../../parts/field.js';
import { emptyDraft, kindWords, ruleKinds, ruleOf, type Rule, type RuleDraft, type RuleKind } from './fieldRules.js';

const fieldWords =
  'A name, such as plan, which is every property with it; or a path from the event on, such as properties.custom_properties.plan or user.external_user_id. An asterisk stands for any characters within a name.';

/** Asks for one rule of any kind. */
export function NewRule({ onAdd }: { readonly onAdd: (rule: Rule) => void }) {
  const [draft, setDraft] = useState<RuleDraft>(emptyDraft);
  const { kind } = draft;
  const set = (change: Partial<RuleDraft>): void => setDraft({ ...draft, ...change });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onAdd(ruleOf(draft));
    setDraft({ ...emptyDraft, kind });
  };
  return (
    <form onSubmit={submit} aria-label="New rule">
      <fieldset>
        <legend>New rule</legend>
        <Field label="What it does">
          {(id) => (
            <select id={id} value={kind} onChange={(event) => set({ kind: event.target.value as RuleKind })}>
              {ruleKinds.map((known) => (
                <option key={known} value={known}>
                  {kindWords[known]}
                </option>
              ))}
            </select>
          )}
        </Field>
        {kind === 'constant' ? null : kind === 'rename' || kind === 'filter' ? (
          <Text label="Field" about={fieldWords} value={draft.fields} onChange={(fields) => set({ fields })} />
        ) : (
          <Lines
            label="Fields, one a line"
            about={fieldWords}
            isRequired
            value={draft.fields}
            onChange={(fields) => set({ fields })}
          />
        )}
        {kind === 'rename' || kind === 'constant' ? (
          <Text
            label={kind === 'rename' ? 'New name' : 'Name'}
            about="A property that has the name already is replaced."
            value={draft.to}
            onChange={(to) => set({ to })}
          />
        ) : null}
        {kind === 'truncate' ? (
          <Field label="Characters that stay" about="Unicode code points, 1 to 10,000.">
            {(id, describedBy) => (
              <input
                id={id}
                type="number"
                aria-describedby={describedBy}
                required
                min={1}
                max={10_000}
                value={draft.maxLength}
                onChange={(event) => set({ maxLength: event.target.value })}
              />
            )}
          </Field>
        ) : null}
        {kind === 'constant' ? <Value draft={draft} onChange={set} /> : null}
        {kind === 'filter' ? (
          <>
            <Lines
              label="Values, one a line (optional)"
              about="Events whose field has one of them are left out; without any, events that have the field at all."
              value={draft.values}
              onChange={(values) => set({ values })}
            />
            <label className="choice">
              <input
                type="checkbox"
                checked={draft.isInverted}
                onChange={(event) => set({ isInverted: event.target.checked })}
              />
              Leave out all other events instead
            </label>
          </>
        ) : null}
        <div className="actions">
          <button type="submit">Add the rule</button>
        </div>
      </fieldset>
    </form>
  );
}

interface TextProps {
  readonly label: string;
  readonly about: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Text({ label, about, value, onChange }: TextProps) {
  return (
    <Field label={label} about={about}>
      {(id, describedBy) => (
        <input
          id={id}
          aria-describedby={describedBy}
          required
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

function Lines({ label, about, value, isRequired = false, onChange }: TextProps & { readonly isRequired?: boolean }) {
  return (
    <Field label={label} about={about}>
      {(id, describedBy) => (
        <textarea
          id={id}
          aria-describedby={describedBy}
          required={isRequired}
          rows={3}
          cols={48}
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

function Value({
  draft: { valueKind, value },
  onChange,
}: {
  readonly draft: RuleDraft;
  readonly onChange: (change: Partial<RuleDraft>) => void;
}) {
  return (
    <>
      <Field label="Kind of value">
        {(id) => (
          <select
            id={id}
            value={valueKind}
            onChange={(event) => {
              const chosen = event.target.value as RuleDraft['valueKind'];
              onChange({ valueKind: chosen, value: chosen === 'boolean' ? 'true' : '' });
            }}
          >
            <option value="text">Text</option>
            <option value="number">Number</option>
            <option value="boolean">Yes or no</option>
          </select>
        )}
      </Field>
      <Field label="Value">
        {(id) =>
          valueKind === 'boolean' ? (
            <select id={id} value={value} onChange={(event) => onChange({ value: event.target.value })}>
              <option value="true">Yes</option>
              <option value="false">No</option>
            </select>
          ) : (
            <input
              id={id}
              type={valueKind}
              step="any"
              required
              autoComplete="off"
              value={value}
              onChange={(event) => onChange({ value: event.target.value })}
            />
          )
        }
      </Field>
    </>
  );
}
