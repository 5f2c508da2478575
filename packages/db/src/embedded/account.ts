/** PostgreSQL refuses to run as root, so root (a CI container) hands it to `nobody`. */
export const unprivileged: { uid?: number; gid?: number } = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** As on Supabase the superuser is not `postgres`: migrations must do without superuser rights. */
export type EmbeddedUser = 'supabase_admin' | 'postgres';
export const superuser = 'supabase_admin' satisfies EmbeddedUser;
