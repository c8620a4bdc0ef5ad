import { cohortNameOf, type Definition } from './hubFile.js';

/** A part of a definition, as the API lists them: each is followed by those below it. */
export interface DefinitionPart {
  readonly level: number;
  readonly form: 'ALL' | 'ANY' | 'NOT' | 'INCLUDES' | 'EXCLUDES';
  readonly cohort: { readonly partner: string; readonly partnerId: string } | null;
}

/** The definition that consists of these parts. */
export function readDefinition(parts: readonly DefinitionPart[]): Definition {
  let next = 0;
  function read(): Definition {
    const part = parts[next++];
    if (!part) throw new Error('expected the parts of a definition, got too few');
    const { form, level, cohort } = part;
    const name = cohort ? cohortNameOf({ partner: cohort.partner, id: cohort.partnerId }) : '';
    if (form === 'INCLUDES') return { includes: name };
    if (form === 'EXCLUDES') return { excludes: name };
    const below: Definition[] = [];
    while ((parts[next]?.level ?? 0) > level) below.push(read());
    if (form === 'ALL') return { all: below };
    if (form === 'ANY') return { any: below };
    const [negated] = below;
    if (!negated) throw new Error('expected a part below NOT, got none');
    return { not: negated };
  }
  return read();
}
