/**
 * Legal forms as they end a company's name, without dots and blanks. Of those that are words as well, only the spelling
 * that is a form counts: "Norsk Data AS", not "such as"; "Foo S.p.A.", not "Beauty Spa".
 */
export const legalForms: ReadonlySet<string> = new Set(
  [
    ['inc', 'incorporated', 'corp', 'corporation', 'co', 'llc', 'llp', 'pllc', 'ltd', 'limited', 'plc'],
    ['pty', 'pte', 'pvt', 'private', 'ltda', 'eireli', 'cv', 'rl', 'bhd', 'sdn'],
    ['gmbh', 'mbh', 'ohg', 'kgaa', 'eg', 'sarl', 'sàrl', 'sasu', 'eurl', 'srl', 'srls', 'snc'],
    [
      'bvba',
      'oy',
      'oyj',
      'oü',
      'ou',
      'aps',
      'uab',
      'sia',
      'kft',
      'zrt',
      'nyrt',
      'doo',
      'sro',
      'spzoo',
      'zoo',
      'ooo',
      'ооо',
      'тов',
    ],
    ['kk', 'hf', 'ehf', 'jsc', 'pjsc', 'fzco', 'fzllc'],
  ].flat(),
);

export const capitalForms: ReadonlySet<string> = new Set([
  ...[
    'AG',
    'KG',
    'UG',
    'SE',
    'SA',
    'SAS',
    'SL',
    'SLU',
    'SpA',
    'SPA',
    'BV',
    'NV',
    'AB',
    'AS',
    'LP',
    'EK',
    'eK',
    'AD',
    'PC',
  ],
]);
