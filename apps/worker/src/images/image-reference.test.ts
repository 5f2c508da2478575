import { expect, test } from 'vitest';
import { imageReference } from './image-reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;
test.each([
  ['python', 'registry-1.docker.io', 'library/python', 'latest', 'docker.io/library/python:latest'],
  ['python:3.12', 'registry-1.docker.io', 'library/python', '3.12', 'docker.io/library/python:3.12'],
  ['team/app:v1', 'registry-1.docker.io', 'team/app', 'v1', 'docker.io/team/app:v1'],
  ['ghcr.io/team/app', 'ghcr.io', 'team/app', 'latest', 'ghcr.io/team/app:latest'],
  ['localhost:5000/app:v1', 'localhost:5000', 'app', 'v1', 'localhost:5000/app:v1'],
  [`r.example/a/b:v1@${digest}`, 'r.example', 'a/b', digest, `r.example/a/b@${digest}`],
])('%s is read as Docker reads it', (text, host, name, reference, full) => {
  expect(imageReference(text)).toEqual({ host, name, reference, full });
});

test.each(['', 'UPPER', '-x', 'a//b', 'a/../b', 'http://x/y', 'a b', 'x@sha256:1', 'host:99999999/x', '--flag'])(
  '%j names no image',
  (text) => {
    expect(imageReference(text)).toBeNull();
  },
);
