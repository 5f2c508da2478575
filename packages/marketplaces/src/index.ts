export {
  type Connector,
  type ConnectorSettings,
  ConnectorSettingsError,
  type CrawlRequest,
  type NamedItems,
  type Page,
  type PageReading,
  type ReadPlugin,
  readableStatuses,
  UnreadablePage,
} from './connector.ts';
export {
  addHealth,
  alarmsOf,
  type FieldAlarm,
  type FieldCount,
  type FieldHealth,
  fewestPages,
  healthOf,
} from './field-health.ts';
export { itemAt, type NamedItem } from './items.ts';
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
export { isAllowed } from './robots/is-allowed.ts';
export { allowAll, disallowAll, parseRobots, type RobotsRule, type RobotsRules } from './robots/parse-robots.ts';
export { type CaptureOptions, captureIndexUrl, captureRequests, waybackHost } from './wayback/captures.ts';
