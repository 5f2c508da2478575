/** Whether a browser page of this origin may read answers: one that is configured, or in development a local frontend. */
export function allowsOrigin(
  settings: { readonly corsOrigins: readonly string[]; readonly isDevelopment: boolean },
  origin: string,
): boolean {
  if (settings.corsOrigins.includes(origin)) return true;
  return settings.isDevelopment && /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/.test(origin);
}
