/** What a wrapped key says it is: it opens for nothing else, whatever row it is copied to. */
export const keyContext = {
  pseudonym: (tenantId: string, keyId: string): string => `pseudonym key|${tenantId}|${keyId}`,
  dataset: (tenantId: string, keyId: string): string => `dataset key|${tenantId}|${keyId}`,
  secondFactor: (userId: string): string => `second factor|${userId}`,
  supabaseSession: (sessionId: string): string => `supabase session|${sessionId}`,
  webhookSecret: (tenantId: string, webhookId: string, secretId: string): string =>
    `webhook secret|${tenantId}|${webhookId}|${secretId}`,
  imageSecret: (tenantId: string, repositoryId: string, secretId: string): string =>
    `image report secret|${tenantId}|${repositoryId}|${secretId}`,
  file: (tenantId: string, fileId: string): string => `file key|${tenantId}|${fileId}`,
} as const;
