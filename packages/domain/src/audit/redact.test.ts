import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalBytes } from './canonical-entry.ts';
import { redact } from './redact.ts';

test('what is called a secret is hidden at any depth, and ids of keys are none', () => {
  const details = {
    password: 'x',
    newPassword: ['y'],
    api_key: 'z',
    nested: [{ clientSecret: 1, accessToken: 't', keyId: 'kept' }],
    encryptionKeyId: 'kept',
    secret: null,
    tokens: 3,
  };
  expect(redact(details)).toEqual({
    password: '[redacted]',
    newPassword: '[redacted]',
    api_key: '[redacted]',
    nested: [{ clientSecret: '[redacted]', accessToken: '[redacted]', keyId: 'kept' }],
    encryptionKeyId: 'kept',
    secret: null,
    tokens: 3,
  });
});

test.each([
  ['an API key', 'grn_0123456789abcdef0123'],
  ['a webhook secret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'],
  ['a bearer token', 'Bearer abcdefghijklmnop'],
  ['a password hash', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA'],
  ['a private key', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----'],
])('%s is hidden in whatever text it stands', (_, secret) => {
  const { note } = redact({ note: `before ${secret} after` });
  expect(note).toBe('before [redacted] after');
});

test('the password of a URL is hidden, the rest stays', () => {
  expect(redact({ url: 'postgres://ada:hunter2@db.example:5432/x' })).toEqual({
    url: 'postgres://ada:[redacted]@db.example:5432/x',
  });
});

test('whatever an action names, an event can hold it: jsonb takes it, and RFC 8785 has a form for it', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'binary' }), fc.anything({ withDate: true, withNullPrototype: true })),
      (details) => {
        let redacted: Record<string, unknown>;
        try {
          redacted = redact(details);
        } catch (error) {
          // a symbol's or a big number's conversion, which is a defect of the action
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        const text = canonicalBytes(redacted).toString();
        expect(text).not.toContain('\\u0000');
        expect(text.isWellFormed()).toBe(true);
      },
    ),
  );
  expect(redact({ lone: '\ud800', nul: 'a\0b', '\udc00\0': 1 })).toEqual({
    lone: '\ufffd',
    nul: 'a\ufffdb',
    '\ufffd\ufffd': 1,
  });
});

test('a trail is no place for whole files', () => {
  expect(redact({ note: 'x'.repeat(100_000) })).toEqual({ leftOut: expect.stringMatching(/^\d+ characters$/) });
});
