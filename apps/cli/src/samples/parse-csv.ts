/**
 * The records of a CSV as RFC 4180 has them: fields with commas, quotes doubled inside quotes, line ends inside quotes.
 * For checking what was loaded against a count made elsewhere; whole files in memory, and an empty line is no record.
 */
export function parseCsv(text: string, delimiter = ','): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let field = '';
  let isQuoted = false;
  let at = 0;
  const endRecord = () => {
    if (record.length > 0 || field !== '') records.push([...record, field]);
    record = [];
    field = '';
  };
  while (at < text.length) {
    const character = text[at++];
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[at] === '"') field += text[at++];
      else isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === delimiter) {
      record.push(field);
      field = '';
    } else if (character === '\n') endRecord();
    else if (character !== '\r' || text[at] !== '\n') field += character;
  }
  endRecord();
  return records;
}
