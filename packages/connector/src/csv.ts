const quote = 34;
const comma = 44;
const newline = 10;
const carriageReturn = 13;
const byteOrderMark = '\ufeff';

/** Reads CSV (RFC 4180) in pieces, which may be cut anywhere. */
interface CsvReader {
  read(text: string): void;
  /** Hands over a last row without a newline. False when the text ends inside quotation marks. */
  end(): boolean;
}

/** Calls `onRow` with the fields of each row and ignores empty lines. Lines may end with CRLF. */
export function createCsvReader(onRow: (fields: readonly string[]) => void): CsvReader {
  let fields: string[] = [];
  let field = '';
  let isFirst = true;
  /** Inside quotation marks, or after one that may be the first half of an escaped one. */
  let place: 'bare' | 'quoted' | 'behindQuote' = 'bare';

  function endField(): void {
    fields.push(field);
    field = '';
  }

  function endRow(): void {
    endField();
    if (fields.length > 1 || fields[0] !== '') onRow(fields);
    fields = [];
  }

  return {
    read(piece) {
      const text = isFirst && piece.startsWith(byteOrderMark) ? piece.slice(1) : piece;
      isFirst &&= piece === '';
      let start = 0;
      const keepTo = (end: number): void => {
        if (end > start) field += text.slice(start, end);
        start = end + 1;
      };
      for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at);
        if (place === 'quoted') {
          if (code !== quote) continue;
          keepTo(at);
          place = 'behindQuote';
        } else if (code === quote && place === 'behindQuote') {
          field += '"';
          start = at + 1;
          place = 'quoted';
        } else if (code === quote && field === '' && start === at) {
          start = at + 1;
          place = 'quoted';
        } else {
          place = 'bare';
          if (code === comma || code === newline || code === carriageReturn) keepTo(at);
          if (code === comma) endField();
          else if (code === newline) endRow();
        }
      }
      keepTo(text.length);
    },
    end() {
      if (field !== '' || fields.length > 0) endRow();
      return place !== 'quoted';
    },
  };
}
