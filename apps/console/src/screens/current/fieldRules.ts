import type { ResultOf, VariablesOf } from '../../hub/graphql.js';
import { graphql } from '../../hub/graphql.js';

export const rulesQuery = graphql(`
  query FieldRules($id: ID!) {
    current(id: $id) {
      ... on Current {
        version
        fieldRules {
          isReadable
          isWithoutContactDetails
          rules {
            drop {
              fields
            }
            hash {
              fields
            }
            truncate {
              fields
              maxLength
            }
            allowOnly {
              fields
            }
            rename {
              field
              to
            }
            constant {
              name
              value
            }
            filter {
              field
              values
              isInverted
            }
          }
        }
      }
    }
  }
`);

/** An event with and without the rules that are being edited. */
export const rulesPreviewQuery = graphql(`
  query PreviewFieldRules($before: PreviewInput!, $after: PreviewInput!, $source: PreviewSource!) {
    before: previewEvent(input: $before, source: $source) {
      __typename
      ... on Problem {
        message
        remedy
      }
      ... on EventPreview {
        verdict
        detail
        reason {
          description
        }
        request {
          body
        }
      }
    }
    after: previewEvent(input: $after, source: $source) {
      __typename
      ... on InputInvalid {
        problems {
          path
          message
        }
      }
      ... on Problem {
        message
        remedy
      }
      ... on EventPreview {
        verdict
        detail
        reason {
          description
        }
        request {
          body
        }
      }
    }
  }
`);

type RulesInput = NonNullable<VariablesOf<typeof rulesPreviewQuery>['after']['fieldRules']>;
export type Rule = NonNullable<RulesInput['rules']>[number];

type Shown = Extract<ResultOf<typeof rulesQuery>['current'], { readonly fieldRules: unknown }>['fieldRules'];
export type ShownRules = Shown;

/** Rules as they are shown, in the form in which they are given: only the field that is not null. */
export function givenRules({ rules }: Pick<Shown, 'rules'>): readonly Rule[] {
  return rules.map(
    (rule) => Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== null)) as unknown as Rule,
  );
}

export const ruleKinds = ['drop', 'hash', 'truncate', 'allowOnly', 'rename', 'constant', 'filter'] as const;
export type RuleKind = (typeof ruleKinds)[number];

export const kindWords: Readonly<Record<RuleKind, string>> = {
  drop: 'Take fields out',
  hash: 'Hash values',
  truncate: 'Shorten texts',
  allowOnly: 'Take out all properties but some',
  rename: 'Rename a property',
  constant: 'Add a property',
  filter: 'Leave events out',
};

/** A rule in a sentence, such as "Take fields out: ad_id, properties.card". */
export function describeRule(rule: Rule): string {
  if ('drop' in rule) return `${kindWords.drop}: ${rule.drop.fields.join(', ')}`;
  if ('hash' in rule) return `${kindWords.hash}: ${rule.hash.fields.join(', ')}`;
  if ('truncate' in rule)
    return `Shorten texts to ${rule.truncate.maxLength} characters: ${rule.truncate.fields.join(', ')}`;
  if ('allowOnly' in rule) return `${kindWords.allowOnly}: ${rule.allowOnly.fields.join(', ')}`;
  if ('rename' in rule) return `Rename ${rule.rename.field} to ${rule.rename.to}`;
  if ('constant' in rule) return `Add ${rule.constant.name} = ${JSON.stringify(rule.constant.value)}`;
  const { field, values, isInverted } = rule.filter;
  const which = values && values.length > 0 ? `whose ${field} is ${values.join(' or ')}` : `that have ${field}`;
  return `Leave out ${isInverted ? 'all events but those' : 'events'} ${which}`;
}

/** What the form of a new rule holds; each kind uses some of it. */
export interface RuleDraft {
  readonly kind: RuleKind;
  /** Names or paths, one a line. */
  readonly fields: string;
  /** A name, for a rule that has one of each. */
  readonly to: string;
  readonly maxLength: string;
  readonly valueKind: 'text' | 'number' | 'boolean';
  readonly value: string;
  /** Values, one a line. */
  readonly values: string;
  readonly isInverted: boolean;
}

export const emptyDraft: RuleDraft = {
  kind: 'drop',
  fields: '',
  to: '',
  maxLength: '100',
  valueKind: 'text',
  value: '',
  values: '',
  isInverted: false,
};

/** The rule that a form describes. The hub checks it. */
export function ruleOf(draft: RuleDraft): Rule {
  const fields = linesOf(draft.fields);
  const field = fields[0] ?? '';
  switch (draft.kind) {
    case 'drop':
      return { drop: { fields } };
    case 'hash':
      return { hash: { fields } };
    case 'allowOnly':
      return { allowOnly: { fields } };
    case 'truncate':
      return { truncate: { fields, maxLength: Number(draft.maxLength) } };
    case 'rename':
      return { rename: { field, to: draft.to.trim() } };
    case 'constant':
      return { constant: { name: draft.to.trim(), value: valueOf(draft) } };
    case 'filter': {
      const values = linesOf(draft.values);
      return { filter: { field, isInverted: draft.isInverted, ...(values.length > 0 && { values }) } };
    }
  }
}

function valueOf({ value, valueKind }: RuleDraft): string | number | boolean {
  if (valueKind === 'number') return Number(value);
  return valueKind === 'boolean' ? value === 'true' : value;
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The rules with the one at `index` moved by one place. */
export function moved(rules: readonly Rule[], index: number, by: -1 | 1): readonly Rule[] {
  const next = [...rules];
  const [rule] = next.splice(index, 1);
  if (rule) next.splice(index + by, 0, rule);
  return next;
}
