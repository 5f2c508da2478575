import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dockerfileBases } from './dockerfile-bases.ts';

test('images are those that it begins with or copies from, and no stages of its own', () => {
  const text = `# syntax=docker/dockerfile:1
ARG BASE=python:3.12 VARIANT="slim"
ARG OTHER
FROM --platform=linux/amd64 \${BASE}-\${VARIANT} AS Build
RUN pip install . \\
  # a comment in between
  && echo FROM nothing
from scratch
COPY --from=build /app /app
COPY --from=registry.example:5000/tools/uv:0.4 /uv /bin/
COPY --from=0 /x /y
FROM \${TAG:-debian:12}
FROM $OTHER
FROM python:3.12-slim
`;
  expect(dockerfileBases(text)).toEqual({
    images: ['python:3.12-slim', 'registry.example:5000/tools/uv:0.4', 'debian:12'],
    unknown: ['$OTHER'],
  });
});

test('an escape of its own joins lines', () => {
  expect(dockerfileBases('# escape=`\nFROM `\n  debian:12').images).toEqual(['debian:12']);
});

test('whatever text comes is read', () => {
  fc.assert(fc.property(fc.string(), (text) => void dockerfileBases(`FROM ${text}\n${text}`)));
});
