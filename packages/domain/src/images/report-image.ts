import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { keyContext } from '../encryption/key-context.ts';
import { DomainError } from '../errors/domain-error.ts';
import { imageReport } from './schema.ts';
import { isSigned } from './verify-signature.ts';

/** Of a machine that builds images: it has no account here, and shows that it knows the repository's secret. */
export const reportImage = defineIdentityAction({
  name: 'images.report',
  summary: 'Say of an image that it is being built elsewhere, or how that ended, in a request that is signed',
  access: 'public',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/repositories/{repositoryId}/image-reports' },
  input: z.strictObject({
    repositoryId: z.uuid(),
    id: z.string().min(1).max(200).meta({ description: 'Of the message; one is taken once' }),
    timestamp: z
      .string()
      .max(12)
      .meta({ description: 'When it was signed, in seconds since 1970; at most five minutes ago' }),
    signature: z.string().max(1000).meta({ description: 'v1,… of id.timestamp.body, as Standard Webhooks has it' }),
    body: z.string().max(10_000_000).meta({ description: 'The report in JSON, exactly as it was signed' }),
  }),
  output: z.object({ imageId: z.uuid() }),
  async run({ db, services, event }, { repositoryId, ...message }) {
    const found = await sql<{ tenant: string; secret: string; wrapped: Uint8Array }>`
      select tenant, secret, wrapped from app.image_secret_of(${repositoryId}::uuid)`.execute(db);
    const [key] = found.rows;
    if (!key) throw unsigned();
    const context = keyContext.imageSecret(key.tenant, repositoryId, key.secret);
    if (!isSigned(services.masterKeys.unwrap(key.wrapped, context), message, new Date())) throw unsigned();
    const report = readReport(message.body);
    event.in(key.tenant);
    const { rows } = await sql<{ id: string }>`
      select app.report_image(${repositoryId}::uuid, ${key.secret}::uuid, ${message.id}, ${JSON.stringify(report)}::jsonb) as id`.execute(
      db,
    );
    const imageId = rows[0]!.id;
    event.on('docker_image', imageId);
    event.note({ repositoryId, tag: report.tag, commit: report.commit, status: report.status });
    return { imageId };
  },
});

/** In the same words for a repository that is not there, so that nobody learns which are. */
const unsigned = () =>
  new DomainError('unauthenticated', 'the signature is not one of this repository, or is older than five minutes');

function readReport(body: string): z.output<typeof imageReport> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw new DomainError('invalid', 'the report is no JSON', {}, { cause });
  }
  const report = imageReport.safeParse(json);
  if (!report.success) {
    const [issue] = report.error.issues;
    throw new DomainError('invalid', `the report: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const { status, digest } = report.data;
  if ((status === 'success') !== (digest !== null))
    throw new DomainError('invalid', 'the report: there is a digest of an image that was built, and of no other');
  return { ...report.data, logs: report.data.logs.map((line) => line.replaceAll('\0', '')) };
}
