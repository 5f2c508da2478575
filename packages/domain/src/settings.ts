// What every program reads of its environment, apart from all that the settings are for: a command line starts at once.
export { auditEnvironment } from './audit/audit-settings.ts';
export { masterKeysSetting } from './encryption/master-keys-setting.ts';
