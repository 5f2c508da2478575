import { expect, test } from 'vitest';
import { allowsOrigin } from './origins.ts';

const development = { corsOrigins: ['https://app.example'], isDevelopment: true };
const production = { ...development, isDevelopment: false };

test.for(['http://localhost:5173', 'http://127.0.0.1:3000', 'https://localhost', 'http://[::1]:8080'])(
  '%s is a local frontend in development, and nobody in production',
  (origin) => {
    expect(allowsOrigin(development, origin)).toBe(true);
    expect(allowsOrigin(production, origin)).toBe(false);
  },
);

test.for([
  'https://app.example.evil.test',
  'http://localhost.evil.test',
  'http://localhost:5173.evil.test',
  'http://evil.test/http://localhost:1',
  'null',
])('%s is nobody', (origin) => {
  expect(allowsOrigin(development, origin)).toBe(false);
});

test('a configured origin is allowed exactly as it is written', () => {
  expect(allowsOrigin(production, 'https://app.example')).toBe(true);
  expect(allowsOrigin(production, 'http://app.example')).toBe(false);
});
