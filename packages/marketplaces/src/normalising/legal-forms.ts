/** Legal forms as they end a company's name, without dots and blanks, in lower case. */
export const legalForms: ReadonlySet<string> = new Set(
  [
    'inc incorporated corp corporation co llc llp pllc ltd limited plc pty pte pvt ltda eireli bhd sdn',
    'gmbh mbh ohg kgaa sarl sàrl sasu eurl srl srls snc bvba oy oyj aps uab kft zrt nyrt doo sro ehf hf',
    'jsc pjsc ooo ооо тов fzco',
  ].flatMap((forms) => forms.split(' ')),
);

/** Those that are words as well: only this spelling is a form. "Norsk Data AS", not "such as"; "Foo S.p.A.", not "Beauty Spa". */
export const capitalForms: ReadonlySet<string> = new Set(
  'AG KG UG SE SA SAS SL SLU SpA SPA BV NV AB AS LP EK eK eG OU OÜ SIA KK'.split(' '),
);

/** Of several words, of which the last alone would be none. */
export const compoundForms: ReadonlySet<string> = new Set('privatelimited sadecv srldecv spzoo gmbhcokg'.split(' '));
