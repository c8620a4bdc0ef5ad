import { fieldProblem, type FieldProblem, type FieldProblemCode } from '../admin/problem.js';
import { isContactName } from '../fieldRules/contactDetails.js';
import { parseFieldPath } from '../fieldRules/fieldPath.js';
import { noFieldRules, type FieldRule, type FieldRules } from '../fieldRules/fieldRule.js';

const maxRules = 50;
/** Over all rules. */
const maxFields = 300;
const maxValues = 300;
const maxValueLength = 1_000;
const maxNameLength = 100;
const maxTruncatedLength = 10_000;

type Report = (path: string, code: FieldProblemCode, message: string) => void;

/** Refuses rules that cannot be read, contradict each other or are too many. All that is wrong is answered at once. */
export function checkFieldRules(
  given: FieldRules | null | undefined,
): { readonly rules: FieldRules } | { readonly problems: readonly FieldProblem[] } {
  const { isWithoutContactDetails, rules } = given ?? noFieldRules;
  if (rules.length > maxRules)
    return oneProblem('fieldRules.rules', `expected at most ${maxRules} rules, got ${rules.length}`);
  const fieldCount = rules.reduce((sum, rule) => sum + fieldsOf(rule).length, 0);
  if (fieldCount > maxFields)
    return oneProblem('fieldRules.rules', `expected at most ${maxFields} fields in all rules, got ${fieldCount}`);
  const problems: FieldProblem[] = [];
  for (const [index, rule] of rules.entries())
    checkRule(rule, (path, code, message) =>
      problems.push(fieldProblem(`fieldRules.rules.${index}.${path}`, code, message)),
    );
  if (problems.length === 0) problems.push(...findConflicts({ isWithoutContactDetails, rules }));
  return problems.length > 0 ? { problems } : { rules: { isWithoutContactDetails, rules } };
}

function oneProblem(path: string, message: string): { readonly problems: readonly FieldProblem[] } {
  return { problems: [fieldProblem(path, 'out_of_range', message)] };
}

function checkRule(rule: FieldRule, report: Report): void {
  if ('drop' in rule) checkFields('drop', rule.drop.fields, ['external_user_id', 'device_id', 'timezone'], report);
  else if ('hash' in rule) checkFields('hash', rule.hash.fields, ['external_user_id', 'device_id'], report);
  else if ('truncate' in rule) {
    checkFields('truncate', rule.truncate.fields, [], report);
    checkNumber('truncate.maxLength', rule.truncate.maxLength, report);
  } else if ('allowOnly' in rule) checkFields('allowOnly', rule.allowOnly.fields, [], report);
  else if ('rename' in rule) {
    checkField('rename.field', rule.rename.field, [], report);
    checkExact('rename.field', rule.rename.field, report);
    checkName('rename.to', rule.rename.to, report);
  } else if ('constant' in rule) {
    checkName('constant.name', rule.constant.name, report);
    checkValue('constant.value', rule.constant.value, report);
  } else checkFilter(rule.filter, report);
}

function checkFilter({ field, values }: Extract<FieldRule, { filter: unknown }>['filter'], report: Report): void {
  checkField('filter.field', field, ['external_user_id', 'device_id', 'timezone'], report);
  if (values === undefined) return;
  if (values.length === 0 || values.length > maxValues)
    report('filter.values', 'out_of_range', `expected 1 to ${maxValues} values, or null for any, got ${values.length}`);
  else for (const [index, value] of values.entries()) checkValue(`filter.values.${index}`, value, report);
}

function checkFields(kind: string, fields: readonly string[], userFields: readonly string[], report: Report): void {
  if (fields.length === 0) report(`${kind}.fields`, 'required', 'expected at least one field, got none');
  const known = new Set<string>();
  for (const [index, field] of fields.entries()) {
    if (known.has(field)) report(`${kind}.fields.${index}`, 'malformed', 'expected each field once, got it twice');
    known.add(field);
    checkField(`${kind}.fields.${index}`, field, userFields, report);
  }
}

/** @param userFields the fields of the user that such a rule may name. */
function checkField(path: string, field: string, userFields: readonly string[], report: Report): void {
  const parsed = parseFieldPath(field);
  if ('fault' in parsed) return report(path, 'malformed', parsed.fault);
  if (parsed.path.kind !== 'user' || userFields.includes(parsed.path.field)) return;
  const wanted = userFields.length > 0 ? ` or ${userFields.map((name) => `user.${name}`).join(', ')}` : '';
  report(path, 'not_allowed', `expected a property${wanted}, got ${JSON.stringify(field)}`);
}

function checkExact(path: string, field: string, report: Report): void {
  const parsed = parseFieldPath(field);
  if ('fault' in parsed || parsed.path.kind === 'user') return;
  const names = parsed.path.kind === 'name' ? [parsed.path.name] : parsed.path.names;
  if (names.some(({ exact }) => exact === undefined))
    report(path, 'malformed', `expected a field without "*", got ${JSON.stringify(field)}`);
}

function checkName(path: string, name: string, report: Report): void {
  if (name.trim() === '' || name.length > maxNameLength)
    report(
      path,
      'out_of_range',
      `expected a name of 1 to ${maxNameLength} characters, got ${name.trim() && name.length}`,
    );
  else if (!isText(name)) report(path, 'malformed', 'expected well-formed text without NUL');
}

function checkValue(path: string, value: string | number | boolean, report: Report): void {
  if (typeof value === 'number' && !Number.isFinite(value)) report(path, 'malformed', 'expected a finite number');
  if (typeof value !== 'string') return;
  if (value.length > maxValueLength)
    report(path, 'out_of_range', `expected at most ${maxValueLength} characters, got ${value.length}`);
  else if (!isText(value)) report(path, 'malformed', 'expected well-formed text without NUL');
}

function checkNumber(path: string, value: number, report: Report): void {
  if (!Number.isInteger(value) || value < 1 || value > maxTruncatedLength)
    report(path, 'out_of_range', `expected a whole number from 1 to ${maxTruncatedLength}, got ${value}`);
}

/** Postgres stores no NUL in JSON. */
function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Rules of which one leaves nothing for another: the admin meant something else. */
function* findConflicts({ isWithoutContactDetails, rules }: FieldRules): Generator<FieldProblem> {
  const takenBy = new Map<string, string>();
  let hasAllowOnly = false;
  for (const [index, rule] of rules.entries()) {
    const path = `fieldRules.rules.${index}`;
    const conflict = (message: string): FieldProblem => fieldProblem(path, 'not_allowed', message);
    if ('filter' in rule) continue;
    if ('allowOnly' in rule && hasAllowOnly) yield conflict('expected at most one allowOnly, got another one');
    hasAllowOnly ||= 'allowOnly' in rule;
    for (const field of fieldsOf(rule)) {
      const reason = takenBy.get(field);
      if (reason !== undefined)
        yield conflict(`${field}: expected a field that is still there, got one that ${reason}`);
      else if (isWithoutContactDetails && !('drop' in rule) && isContactField(field))
        yield conflict(`${field}: expected a field that is still there, got one that isWithoutContactDetails drops`);
      if ('drop' in rule) takenBy.set(field, `rule ${index} drops`);
      if ('rename' in rule) takenBy.set(field, `rule ${index} renames`);
    }
    const made = 'rename' in rule ? rule.rename.to : 'constant' in rule ? rule.constant.name : undefined;
    if (made !== undefined) {
      if (takenBy.get(`=${made}`) !== undefined)
        yield conflict(`expected another name than ${JSON.stringify(made)}, which an earlier rule gives`);
      takenBy.set(`=${made}`, '');
      takenBy.delete(made);
    }
  }
}

/** By a plain name or the end of a path. */
function isContactField(field: string): boolean {
  const parsed = parseFieldPath(field);
  if ('fault' in parsed || parsed.path.kind === 'user') return false;
  const last = parsed.path.kind === 'name' ? parsed.path.name : parsed.path.names.at(-1);
  return last?.exact !== undefined && isContactName(last.exact);
}

function fieldsOf(rule: FieldRule): readonly string[] {
  if ('drop' in rule) return rule.drop.fields;
  if ('hash' in rule) return rule.hash.fields;
  if ('truncate' in rule) return rule.truncate.fields;
  if ('allowOnly' in rule) return rule.allowOnly.fields;
  return 'rename' in rule ? [rule.rename.field] : 'filter' in rule ? [rule.filter.field] : [];
}
