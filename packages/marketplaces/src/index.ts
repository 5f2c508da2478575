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
export { type CompanyName, companyName } from './normalising/company-name.ts';
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
export { type ConnectorRegistry, connectorOf, connectors, registry } from './registry.ts';
export { type CaptureOptions, captureIndexUrl, captureRequests, waybackHost } from './wayback/captures.ts';
