import os from 'node:os';

/** Who sits at this command line, for the audit trail: as the machine knows them. */
export const operatorName = (): string => `${accountName()}@${os.hostname()}`;

function accountName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`; // in a container an account may have no name
  }
}
