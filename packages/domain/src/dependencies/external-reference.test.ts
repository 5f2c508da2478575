import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DomainError } from '../errors/domain-error.ts';
import { type ExternalKind, externalReference } from './external-reference.ts';

test.each([
  [
    'package',
    'pkg:NPM/%40Scope/Left-Pad@1.3.0?a=b#c',
    'pkg:npm/%40scope/left-pad@1.3.0?a=b#c',
    'pkg:npm/%40scope/left-pad',
  ],
  ['package', 'pkg:pypi/Django_x', 'pkg:pypi/django-x', 'pkg:pypi/django-x'],
  ['service', 'HTTPS://Api.Example.com:443/v1?x=1', 'https://api.example.com/v1?x=1', 'https://api.example.com'],
  ['doi', 'https://doi.org/10.5281/Zenodo.1234', '10.5281/zenodo.1234', '10.5281/zenodo.1234'],
  ['doi', 'doi:10.1000/182', '10.1000/182', '10.1000/182'],
] as const)('a %s written %s is %s', (kind, text, ref, name) => {
  expect(externalReference[kind](text)).toEqual({ ref, name });
});

test.each([
  ['package', 'npm/left-pad'],
  ['package', 'pkg:npm/'],
  ['service', 'file:///etc/passwd'],
  ['service', 'https://user:secret@example.com/'],
  ['service', 'example.com'],
  ['doi', '11.1000/182'],
  ['doi', '10.1000/'],
] as const)('no %s: %s', (kind, text) => {
  expect(() => externalReference[kind](text)).toThrow(expect.objectContaining({ kind: 'invalid' }));
});

test('whatever comes, it is refused or means the same when it is read again', () => {
  const kinds = fc.constantFrom<ExternalKind>('package', 'service', 'doi');
  const texts = fc.oneof(
    fc.string(),
    fc.string().map((tail) => `pkg:npm/${tail}`),
    fc.webUrl(),
    fc.string().map((tail) => `10.1000/${tail}`),
  );
  fc.assert(
    fc.property(kinds, texts, (kind, text) => {
      try {
        const once = externalReference[kind](text);
        expect(externalReference[kind](once.ref)).toEqual(once);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
      }
    }),
  );
});
