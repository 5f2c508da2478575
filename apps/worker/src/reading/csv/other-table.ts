const beginning = 'it belongs to table ';

/** Why a row of another table of the file is in quarantine; tables count from 1. */
export const otherTableReason = (
  table: number,
  { firstLine, lastLine }: { firstLine: number; lastLine: number },
  read: number,
): string => `${beginning}${table} of the file (lines ${firstLine} to ${lastLine}), and table ${read} was read`;

/** Whether a load gave this reason: no other one begins so, whatever the file holds. */
export const isOtherTableReason = (reason: string): boolean => reason.startsWith(beginning);
