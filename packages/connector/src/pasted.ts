/** What comes along when text is copied: blanks, line ends, and characters that have no width. */
const blank = '[\\s\\u00ad\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]';
const blanksAround = new RegExp(`^${blank}+|${blank}+$`, 'gu');
const blankInside = new RegExp(blank, 'u');

/** Text without the blanks, line ends and invisible characters around it. */
export function trimPasted(text: string): string {
  return text.replace(blanksAround, '');
}

const faults: readonly (readonly [pattern: RegExp, got: string])[] = [
  [/[\r\n\u2028\u2029]/, 'one with a line break inside'],
  [/^(bearer|basic|token)\s/i, 'one that begins with the scheme of a header, such as Bearer; leave that out'],
  [/^(["'`“”„‘’\u00ab\u00bb]).*["'`“”„‘’\u00ab\u00bb]$/u, 'one in quotation marks'],
  [/^(<.*>|\{.*\}|\[.*\]|\$\{?\w+\}?|%\w+%)$/, 'a placeholder for one'],
  [/^(your|insert|enter|paste|replace)[\s_-].*(token|key|secret|password)/i, 'a placeholder for one'],
  [/^([x*•.…_-])\1{3,}$/iu, 'a placeholder for one'],
  [/\p{Cc}/u, 'one with a control character inside'],
  [blankInside, 'one with a blank or an invisible character inside'],
];

/**
 * What is odd about a trimmed secret, to follow "expected the secret alone, got …"; undefined when nothing is. It never
 * repeats the secret. No issuer makes secrets with blanks inside.
 */
export function pastedFault(secret: string): string | undefined {
  return faults.find(([pattern]) => pattern.test(secret))?.[1];
}
