/** C0 and C1 controls but line feed: in a terminal, events and partners' answers could move the cursor or change its title. */
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/g;

/** The text with its control characters written as `\u001b`. */
export function printable(text: string): string {
  return text.replace(controls, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
