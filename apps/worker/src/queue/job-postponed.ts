/**
 * Thrown by a handler whose job has to wait for something that may take long: the job is asked for again, to begin after so
 * many seconds, and this attempt does not count. The worker is free meanwhile.
 */
export class JobPostponed extends Error {
  readonly seconds: number;

  constructor(reason: string, seconds: number) {
    super(reason);
    this.name = 'JobPostponed';
    this.seconds = seconds;
  }
}
