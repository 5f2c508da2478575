// The words that inputs may use, apart from the actions that take them: what a client checks before it asks.
export { type Permission, permissions } from './access/permissions.ts';
export { type ReadingOptions, readingOptions } from './datasets/reading-options.ts';
export { type DeliveryMode, deliveryMode, type NewColumns, newColumns } from './datasets/schema.ts';
export { type ExportFormat, exportFormat } from './exports/schema.ts';
export { describedEvents, type EventTypeName } from './notifications/events.ts';
