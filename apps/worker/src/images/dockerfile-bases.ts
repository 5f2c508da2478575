export interface DockerfileBases {
  /** Images that it begins with or copies from, as written; stages of its own and `scratch` are none. In order, each once. */
  readonly images: readonly string[];
  /** What names an argument that has no default: nobody can say which image that is. */
  readonly unknown: readonly string[];
}

/**
 * On which images a Dockerfile is built (https://docs.docker.com/reference/dockerfile/). It says what to fetch beforehand, and what is
 * depended on; what the builder reads differently, it does not find.
 */
export function dockerfileBases(text: string): DockerfileBases {
  const defaults = new Map<string, string>();
  const stages = new Set<string>();
  const images = new Set<string>();
  const unknown = new Set<string>();
  let isBeforeFirst = true;
  const note = (name: string) => {
    const image = substitute(name, defaults);
    if (image === null) unknown.add(name);
    else if (image !== '' && image !== 'scratch' && !stages.has(image.toLowerCase()) && !/^\d+$/.test(image))
      images.add(image);
  };
  for (const [instruction, ...words] of instructionsOf(text)) {
    if (instruction === 'ARG' && isBeforeFirst)
      for (const word of words) {
        const [, name, value] = /^(\w+)=(.*)$/.exec(word) ?? [];
        if (name !== undefined && value !== undefined) defaults.set(name, value.replace(/^(['"])(.*)\1$/, '$2'));
      }
    if (instruction === 'FROM') {
      isBeforeFirst = false;
      const [image, as, stage] = words.filter((word) => !word.startsWith('--'));
      if (image !== undefined) note(image);
      if (as?.toUpperCase() === 'AS' && stage !== undefined) stages.add(stage.toLowerCase());
    }
    if (instruction === 'COPY')
      for (const word of words.filter((each) => each.startsWith('--from='))) note(word.slice('--from='.length));
  }
  return { images: [...images], unknown: [...unknown] };
}

/** Each with its words; comments and empty lines are left out, lines that go on are one. */
function* instructionsOf(text: string): Generator<readonly string[]> {
  const mark = /^\s*#\s*escape\s*=\s*`\s*$/im.test(text.split('\n', 1)[0] ?? '') ? '`' : '\\';
  let line = '';
  for (const raw of text.split(/\r?\n/)) {
    const part = raw.trim();
    if (part.startsWith('#') || part === '') continue;
    if (part.endsWith(mark)) {
      line += `${part.slice(0, -1)} `;
      continue;
    }
    yield wordsOf(line + part);
    line = '';
  }
  if (line !== '') yield wordsOf(line);
}

function wordsOf(line: string): readonly string[] {
  const [instruction = '', ...words] = line.trim().split(/\s+/);
  return [instruction.toUpperCase(), ...words];
}

/** `$NAME`, `${NAME}` and `${NAME:-default}`; null where a name has no value. */
function substitute(text: string, defaults: ReadonlyMap<string, string>): string | null {
  let isKnown = true;
  const whole = text.replace(
    /\$(?:(\w+)|\{(\w+)(?::?-([^}]*))?\})/g,
    (_match, plain: string | undefined, braced: string | undefined, otherwise: string | undefined) => {
      const value = defaults.get(plain ?? braced ?? '') ?? otherwise;
      isKnown &&= value !== undefined;
      return value ?? '';
    },
  );
  return isKnown && !whole.includes('$') ? whole : null;
}
