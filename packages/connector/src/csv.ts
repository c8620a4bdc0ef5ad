const QUOTE = 34;
const COMMA = 44;
const NEWLINE = 10;
const RETURN = 13;
const BYTE_ORDER_MARK = '\ufeff';

/** Reads CSV (RFC 4180) as it comes in, piece by piece, wherever the pieces were cut. */
export interface CsvReader {
  read(text: string): void;
  /** Hands over the last row, where no newline ended it. False when the text broke off inside quotation marks. */
  end(): boolean;
}

/** Calls `onRow` with the fields of each row; an empty line is no row. Lines may end with CRLF. */
export function createCsvReader(onRow: (fields: readonly string[]) => void): CsvReader {
  let fields: string[] = [];
  let field = '';
  let isFirst = true;
  /** Inside quotation marks; or just behind one, which may have been the first half of an escaped one. */
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
      const text = isFirst && piece.startsWith(BYTE_ORDER_MARK) ? piece.slice(1) : piece;
      isFirst &&= piece === '';
      let start = 0;
      const keepTo = (end: number): void => {
        if (end > start) field += text.slice(start, end);
        start = end + 1;
      };
      for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at);
        if (place === 'quoted') {
          if (code !== QUOTE) continue;
          keepTo(at);
          place = 'behindQuote';
        } else if (code === QUOTE && place === 'behindQuote') {
          field += '"';
          start = at + 1;
          place = 'quoted';
        } else if (code === QUOTE && field === '' && start === at) {
          start = at + 1;
          place = 'quoted';
        } else {
          place = 'bare';
          if (code === COMMA || code === NEWLINE || code === RETURN) keepTo(at);
          if (code === COMMA) endField();
          else if (code === NEWLINE) endRow();
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
