export {
  type Connector,
  type ConnectorSettings,
  ConnectorSettingsError,
  type CrawlRequest,
  type Page,
  type PageReading,
  type ReadPlugin,
  readableStatuses,
  UnreadablePage,
} from './connector.ts';
export type {
  Availability,
  Developer,
  FactField,
  FieldOrigin,
  PluginFacts,
  Pricing,
  Quantity,
  UserCount,
  UserMetric,
} from './plugin-facts.ts';
