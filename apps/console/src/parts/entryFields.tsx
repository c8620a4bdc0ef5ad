import { useEffect, useId, useRef, useState, type ReactNode, type RefObject } from 'react';

interface EntriesProps {
  readonly label: string;
  /** The name of the property, for the names of its boxes. */
  readonly name: string;
  readonly about: string | undefined;
  readonly problem: string | undefined;
  /** The value, or the default. Edited from here on; a new one from outside begins with a new form. */
  readonly value: unknown;
  /** Called with undefined when no entry is left, so that the default holds. */
  readonly onChange: (value: unknown) => void;
}

/** A list of texts: a box for each. Boxes that are empty are in no value. */
export function EntryList({ value, onChange, name, ...group }: EntriesProps) {
  const [texts, setTexts] = useState<readonly string[]>(() => (Array.isArray(value) ? value.map(String) : []));
  const focus = useFocus();
  const change = (next: readonly string[]): void => {
    setTexts(next);
    onChange(listOf(next));
  };
  return (
    <Entries {...group} name={name} focus={focus} onAdd={() => setTexts([...texts, ''])}>
      {texts.map((text, index) => (
        <Entry
          key={index}
          label={`${name} ${index + 1}`}
          focus={focus}
          onRemove={() => change(texts.toSpliced(index, 1))}
        >
          <Text
            focus={focus}
            label={`${name} ${index + 1}`}
            value={text}
            onChange={(next) => change(texts.with(index, next))}
          />
        </Entry>
      ))}
    </Entries>
  );
}

/** Where the focus goes: into a box that is added, and from one that is removed to the button that adds. */
interface Focus {
  readonly add: RefObject<HTMLButtonElement | null>;
  /** Whether a box that appears now was added by the button. */
  readonly isAdding: RefObject<boolean>;
}

function useFocus(): Focus {
  return { add: useRef(null), isAdding: useRef(false) };
}

type Pair = readonly [key: string, value: string];

/** A map of texts: a box for each name and one for its value. Pairs without a name are in no value. */
export function EntryMap({ value, onChange, name, ...group }: EntriesProps) {
  const [pairs, setPairs] = useState<readonly Pair[]>(() =>
    typeof value === 'object' && value !== null ? Object.entries(value).map(([key, text]) => [key, String(text)]) : [],
  );
  const focus = useFocus();
  const change = (next: readonly Pair[]): void => {
    setPairs(next);
    onChange(mapOf(next));
  };
  const repeated = pairs.find(([key], index) => key !== '' && pairs.findIndex(([other]) => other === key) < index)?.[0];
  const problem = repeated === undefined ? group.problem : `expected each name once, got ${repeated} twice`;
  return (
    <Entries
      {...group}
      problem={problem}
      name={name}

      focus={focus}
      onAdd={() => setPairs([...pairs, ['', '']])}
    >
      {pairs.map(([key, text], index) => (
        <Entry
          key={index}
          label={`${name} ${index + 1}`}
          focus={focus}
          onRemove={() => change(pairs.toSpliced(index, 1))}
        >
          <Text
            focus={focus}
            label={`${name} ${index + 1}: name`}
            value={key}
            onChange={(next) => change(pairs.with(index, [next, text]))}
          />
          <Text
            label={`${name} ${index + 1}: value`}
            value={text}
            onChange={(next) => change(pairs.with(index, [key, next]))}
          />
        </Entry>
      ))}
    </Entries>
  );
}

/** The texts that are not empty; undefined when none is left. */
export function listOf(texts: readonly string[]): readonly string[] | undefined {
  const filled = texts.filter((text) => text !== '');
  return filled.length === 0 ? undefined : filled;
}

/** The pairs that have a name; undefined when none is left. */
export function mapOf(pairs: readonly Pair[]): Readonly<Record<string, string>> | undefined {
  const named = pairs.filter(([key]) => key !== '');
  return named.length === 0 ? undefined : Object.fromEntries(named);
}

/** The group of the boxes, with what the property means and what is wrong with it. */
function Entries({
  label,
  name,
  about,
  problem,
  focus,
  onAdd,
  children,
}: Pick<EntriesProps, 'label' | 'name' | 'about' | 'problem'> & {
  readonly focus: Focus;
  readonly onAdd: () => void;
  readonly children: ReactNode;
}) {
  const id = useId();
  const describedBy = about === undefined && problem === undefined ? undefined : `${id}-about`;
  return (
    <div className="field" role="group" aria-labelledby={id} aria-describedby={describedBy}>
      <strong id={id}>{label}</strong>
      {children}
      <button
        ref={focus.add}
        type="button"
        onClick={() => {
          focus.isAdding.current = true;
          onAdd();
        }}
      >
        Add to {name}
      </button>
      {describedBy === undefined ? null : (
        <div id={describedBy}>
          {problem === undefined ? null : (
            <p className="wrong" role="alert">
              {problem}
            </p>
          )}
          {about === undefined ? null : <p className="muted">{about}</p>}
        </div>
      )}
    </div>
  );
}

function Entry({
  label,
  focus,
  onRemove,
  children,
}: {
  readonly label: string;
  readonly focus: Focus;
  readonly onRemove: () => void;
  readonly children: ReactNode;
}) {
  return (
    <div className="entry">
      {children}
      <button
        type="button"
        aria-label={`Remove ${label}`}
        onClick={() => {
          focus.add.current?.focus();
          onRemove();
        }}
      >
        Remove
      </button>
    </div>
  );
}

function Text({
  label,
  focus,
  value,
  onChange,
}: {
  readonly label: string;
  /** Left out for a box that never gets the focus by itself. */
  readonly focus?: Focus;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!focus?.isAdding.current) return;
    focus.isAdding.current = false;
    box.current?.focus();
    // Only when the box appears.
  }, []);
  return (
    <input
      ref={box}
      aria-label={label}
      autoComplete="off"
      spellCheck={false}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
