import { expect, test } from 'vitest';
import { readEnvironment } from './env.ts';

const urls = {
  GRANARY_API_DATABASE_URL: 'postgres://granary_api@localhost/granary',
  GRANARY_IDENTITY_DATABASE_URL: 'postgres://granary_identity@localhost/granary',
};
const read = (more: NodeJS.ProcessEnv = {}) => readEnvironment({ ...urls, ...more });

test('the defaults listen on this machine alone', () => {
  expect(read()).toMatchObject({ host: '127.0.0.1', port: 4780, server: { trustProxy: false, corsOrigins: [] } });
});

test('a missing database is said by its name', () => {
  expect(() => readEnvironment({})).toThrow('GRANARY_API_DATABASE_URL');
});

test('origins are a list', () => {
  const { server } = read({ GRANARY_CORS_ORIGINS: 'https://a.example, https://b.example' });
  expect(server.corsOrigins).toEqual(['https://a.example', 'https://b.example']);
});

test('a proxy is trusted by its address, not by a number of hops, which anybody can add to', () => {
  expect(read({ GRANARY_TRUST_PROXY: '10.0.0.0/8, ::1' }).server.trustProxy).toBe('10.0.0.0/8, ::1');
  expect(read({ GRANARY_TRUST_PROXY: 'true' }).server.trustProxy).toBe(true);
  expect(() => read({ GRANARY_TRUST_PROXY: '1' })).toThrow('not by a number of hops');
});
