import { Link } from 'wouter';

const format = new Intl.NumberFormat('en');

export function count(value: number): string {
  return format.format(value);
}

/** A number, as a link to the list behind it if there is one. */
export function Count({
  value,
  to,
  label,
}: {
  readonly value: number;
  readonly to?: string | undefined;
  readonly label?: string;
}) {
  const text = <span className={value === 0 ? 'number muted' : 'number'}>{count(value)}</span>;
  return to === undefined ? (
    text
  ) : (
    <Link href={to} aria-label={label === undefined ? undefined : `${count(value)} ${label}`}>
      {text}
    </Link>
  );
}
