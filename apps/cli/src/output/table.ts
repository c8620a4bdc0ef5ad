/** A column: its title, and what it shows of a row; numbers stand to the right. */
export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string | number | null | undefined;
}

/** Longer cells are cut in the middle of a text, unless they are in the last column. */
const maxCell = 60;

/** Lines of a table with a head; columns are two blanks apart. A missing value is `-`. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = rows.map((row) =>
    columns.map(({ of }, index) => cellOf(of(row), index === columns.length - 1 ? Infinity : maxCell)),
  );
  const isNumber = columns.map(({ of }) => rows.length > 0 && rows.every((row) => typeof of(row) === 'number'));
  const lines = [columns.map(({ title }) => title), ...cells];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => [...(line[index] ?? '')].length)));
  return lines
    .map((line) =>
      line
        .map((cell, index) => pad(cell, widths[index] ?? 0, isNumber[index] === true))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Lines of names and values, such as the parts of one thing. Absent values are left out. */
export function fields(values: Readonly<Record<string, string | number | null | undefined>>): string {
  const rows = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${cellOf(value, Infinity)}`).join('\n');
}

function cellOf(value: string | number | null | undefined, max: number): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'number') return value.toLocaleString('en-US');
  const text = [...value.replaceAll(/\s+/g, ' ')];
  return text.length <= max ? text.join('') : `${text.slice(0, max - 1).join('')}…`;
}

/** `padEnd` counts UTF-16 units, of which an emoji has two. */
function pad(cell: string, width: number, isNumber: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - [...cell].length));
  return isNumber ? blanks + cell : cell + blanks;
}
