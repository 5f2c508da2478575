/** For how long the link in a mail holds, as intervals of Postgres. */
export const mailValidity = {
  activation: '24 hours',
  passwordReset: '30 minutes',
  emailChange: '1 hour',
  invitation: '7 days',
} as const;
