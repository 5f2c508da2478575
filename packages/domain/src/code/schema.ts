import { z } from 'zod';

/** What git takes as the name of a branch (git-check-ref-format(1)). */
const branchName = /^(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)))(?![-/.])[^\p{Cc}\s~^:?*[\\]+(?<![/.])$/u;

export const repositoryUrl = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .meta({ description: 'Where git clones it from by https, without a user or password: anybody may read it' });
export const branch = z.string().min(1).max(250).regex(branchName, 'is no name of a branch');
export const commitId = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'is no whole id of a commit');

export const codeRepository = z
  .object({
    id: z.uuid(),
    blockId: z.uuid().nullable(),
    edgeId: z.uuid().nullable(),
    url: z.string(),
    branch: z.string(),
    headCommit: z.string().nullable().meta({ description: 'Where the branch was seen last; null until it was seen' }),
    lastUpdated: z.string().nullable().meta({ description: 'When the head was seen to be another one than before' }),
    checkedAt: z.string().nullable(),
    problem: z.string().nullable().meta({ description: 'Why the last check brought nothing' }),
    readCommit: z.string().nullable().meta({ description: 'Whose manifests were read last for dependencies' }),
    readProblem: z.string().nullable().meta({ description: 'What of them could not be read' }),
    createdAt: z.string(),
  })
  .meta({ id: 'CodeRepository' });
