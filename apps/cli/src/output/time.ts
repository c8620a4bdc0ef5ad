import { InvalidArgumentError } from 'commander';

/** A time of the API in UTC and to the second, such as `2026-11-30 09:15:02Z`. */
export function time(at: string): string;
export function time(at: string | null | undefined): string | undefined;
export function time(at: string | null | undefined): string | undefined {
  return at === null || at === undefined ? undefined : `${at.slice(0, 10)} ${at.slice(11, 19)}Z`;
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
const spanExample = 'such as 90m, 24h, 7d or 2w';

/** A span such as `24h`, in milliseconds; undefined when the text is none. */
function spanMs(text: string): number | undefined {
  const [, count, unit = ''] = /^([1-9]\d{0,4})([mhdw])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (unitMs[unit] ?? 0);
}

const iso8601 = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/** Parses the value of an option: a time in ISO 8601, in UTC unless it has an offset, or a span before now. Returns ISO 8601. */
export function readTime(text: string): string {
  const span = spanMs(text);
  if (span !== undefined) return new Date(Date.now() - span).toISOString();
  const [, day = '', clock = '00:00', offset = 'Z'] = iso8601.exec(text) ?? [];
  const instant = new Date(`${day}T${clock}${offset}`);
  if (Number.isNaN(instant.getTime()) || !isDay(day))
    throw new InvalidArgumentError(
      `Expected a time such as 2026-11-30 or 2026-11-30T09:00:00Z, or a span before now ${spanExample}.`,
    );
  return instant.toISOString();
}

/** JavaScript takes the 30th of February for the 2nd of March. */
function isDay(text: string): boolean {
  const midnight = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(text);
}

/** Parses the value of an option: a span from now. Returns the time at its end, in ISO 8601. */
export function readSpanFromNow(text: string): string {
  const span = spanMs(text);
  if (span === undefined) throw new InvalidArgumentError(`Expected a span ${spanExample}.`);
  return new Date(Date.now() + span).toISOString();
}
