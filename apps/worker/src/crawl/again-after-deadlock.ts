const times = 5;

/** Runs a transaction once more that the database broke off for another one's sake. */
export async function againAfterDeadlock<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const isDeadlock = error instanceof Error && 'code' in error && ['40P01', '40001'].includes(String(error.code));
      if (!isDeadlock || attempt === times) throw error;
    }
  }
}
