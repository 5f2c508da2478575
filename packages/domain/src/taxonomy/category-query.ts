import { query } from '@granary/db';

export const categoryColumns = [
  'id',
  'parent_id as parentId',
  'name',
  'language',
  'alt_labels as altLabels',
  'definition',
  'uri',
  'revision',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const;

export const selectCategories = (tenantId: string) =>
  query.selectFrom('taxonomy_categories').select(categoryColumns).where('tenant_id', '=', tenantId);
