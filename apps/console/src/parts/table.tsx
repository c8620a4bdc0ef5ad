import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly title: string;
  /** What the column counts, and since when. */
  readonly about?: string;
  readonly isNumber?: boolean;
  readonly cell: (row: Row) => ReactNode;
}

/** Rows of one page. `empty` says what to do first. */
export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
  empty,
}: {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly empty: ReactNode;
}) {
  if (rows.length === 0) return <div className="empty">{empty}</div>;
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption className="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, about, isNumber }) => (
              <th key={title} scope="col" className={isNumber ? 'right' : undefined} title={about}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, isNumber, cell }) => (
                <td key={title} className={isNumber ? 'right' : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

/** Leads through the pages of a list. The cursor is a filter in the address, so the browser's own Back works, too. */
export function Pages({
  pageInfo,
  after,
  onPage,
}: {
  readonly pageInfo: PageInfo;
  readonly after: string | null;
  readonly onPage: (after: string | undefined) => void;
}) {
  if (after === null && !pageInfo.hasNextPage) return null;
  return (
    <nav className="pages" aria-label="Pages">
      <button type="button" disabled={after === null} onClick={() => onPage(undefined)}>
        First page
      </button>
      <button type="button" disabled={!pageInfo.hasNextPage} onClick={() => onPage(pageInfo.endCursor ?? undefined)}>
        Next page
      </button>
    </nav>
  );
}
