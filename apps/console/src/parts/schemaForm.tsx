import { EntryList, EntryMap } from './entryFields.js';
import { Field } from './field.js';

/** A part of a JSON Schema, as zod makes it for settings and credentials. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  /** What the items of a list are. */
  readonly items?: JsonSchema;
  /** What the values of a map are. */
  readonly additionalProperties?: JsonSchema | boolean;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
}

export type Values = Readonly<Record<string, unknown>>;

interface FormProps {
  readonly schema: JsonSchema;
  readonly values: Values;
  /** What is wrong, by the name of the property. */
  readonly problems: ReadonlyMap<string, string>;
  readonly isSecret?: boolean;
  readonly onChange: (values: Values) => void;
}

/** The kinds that a schema lets choose from, by the constant that tells them apart; undefined when there is one shape only. */
export function kindsOf({ oneOf, anyOf }: JsonSchema): ReadonlyMap<string, JsonSchema> | undefined {
  const choices = oneOf ?? anyOf;
  if (!choices) return undefined;
  return new Map(choices.map((choice) => [String(choice.properties?.['kind']?.const), choice]));
}

/** Whether every property that is required has a value. */
export function isComplete(schema: JsonSchema, values: Values): boolean {
  const kinds = kindsOf(schema);
  const [firstKind] = kinds?.keys() ?? [];
  const shape = kinds?.get(textOf(values['kind'] ?? firstKind)) ?? schema;
  return (shape.required ?? []).every((name) => {
    const { const: constant, default: preset } = shape.properties?.[name] ?? {};
    return constant !== undefined || preset !== undefined || isFilled(values[name]);
  });
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : textOf(value) !== '';
}

/**
 * A form for what a destination defines: texts, numbers, choices, yes and no, lists of texts and maps of texts. Other
 * properties are left out.
 */
export function SchemaForm({ schema, values, problems, isSecret = false, onChange }: FormProps) {
  const kinds = kindsOf(schema);
  const [firstKind] = kinds?.keys() ?? [];
  const kind = textOf(values['kind'] ?? firstKind);
  const shape = kinds?.get(kind) ?? schema;
  return (
    <>
      {kinds === undefined ? null : (
        <Field label="Kind">
          {(id) => (
            <select id={id} value={kind} onChange={(event) => onChange({ kind: event.target.value })}>
              {[...kinds.keys()].map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
        </Field>
      )}
      {Object.entries(shape.properties ?? {}).map(([name, property]) =>
        property.const !== undefined || !isEditable(property) ? null : (
          <Property
            key={name}
            name={name}
            property={property}
            value={values[name]}
            problem={problems.get(name)}
            isRequired={shape.required?.includes(name) === true && property.default === undefined}
            isSecret={isSecret}
            onChange={(value) =>
              onChange({
                ...(kinds && { kind }),
                ...without(values, name),
                ...(value !== undefined && { [name]: value }),
              })
            }
          />
        ),
      )}
    </>
  );
}

/** What a control shows for a value; nothing for one that it cannot edit. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function without(values: Values, name: string): Values {
  return Object.fromEntries(Object.entries(values).filter(([key]) => key !== name));
}

function isEditable(property: JsonSchema): boolean {
  const { type, enum: choices } = property;
  const isOne = type === 'string' || type === 'boolean' || type === 'number' || type === 'integer';
  return choices !== undefined || isOne || isTextList(property) || isTextMap(property);
}

function isTextList({ type, items }: JsonSchema): boolean {
  return type === 'array' && items?.type === 'string' && items.enum === undefined;
}

function isTextMap({ type, properties, additionalProperties: values }: JsonSchema): boolean {
  return type === 'object' && properties === undefined && typeof values === 'object' && values.type === 'string';
}

function Property({
  name,
  property,
  value,
  problem,
  isRequired,
  isSecret,
  onChange,
}: {
  readonly name: string;
  readonly property: JsonSchema;
  readonly value: unknown;
  readonly problem: string | undefined;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  readonly onChange: (value: unknown) => void;
}) {
  const { type, enum: choices, default: preset } = property;
  const label = isRequired ? name : `${name} (optional)`;
  const entries = { label, name, about: property.description, problem, value: value ?? preset, onChange };
  if (isTextList(property)) return <EntryList {...entries} />;
  if (isTextMap(property)) return <EntryMap {...entries} />;
  return (
    <Field label={label} about={property.description} problem={problem}>
      {(id, describedBy) => {
        const common = { id, 'aria-describedby': describedBy, 'aria-invalid': problem !== undefined };
        if (choices)
          return (
            <select
              {...common}
              value={textOf(value ?? preset)}
              onChange={(event) => onChange(event.target.value || undefined)}
            >
              {preset === undefined ? <option value="">Choose…</option> : null}
              {choices.map((choice) => (
                <option key={String(choice)}>{String(choice)}</option>
              ))}
            </select>
          );
        if (type === 'boolean')
          return (
            <input
              {...common}
              type="checkbox"
              checked={(value ?? preset) === true}
              onChange={(event) => onChange(event.target.checked)}
            />
          );
        const isNumber = type === 'number' || type === 'integer';
        return (
          <input
            {...common}
            type={isSecret ? 'password' : isNumber ? 'number' : 'text'}
            step="any"
            autoComplete="off"
            spellCheck={false}
            required={isRequired}
            placeholder={preset === undefined ? undefined : textOf(preset)}
            value={textOf(value)}
            onChange={({ target }) =>
              onChange(target.value === '' ? undefined : isNumber ? Number(target.value) : target.value)
            }
          />
        );
      }}
    </Field>
  );
}
