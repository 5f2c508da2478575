const skosNamespace = 'http://www.w3.org/2004/02/skos/core#';

/** SKOS Reference, W3C Recommendation 2009. */
export const skos = {
  concept: `${skosNamespace}Concept`,
  scheme: `${skosNamespace}ConceptScheme`,
  inScheme: `${skosNamespace}inScheme`,
  topConceptOf: `${skosNamespace}topConceptOf`,
  prefLabel: `${skosNamespace}prefLabel`,
  altLabel: `${skosNamespace}altLabel`,
  definition: `${skosNamespace}definition`,
  broader: `${skosNamespace}broader`,
  narrower: `${skosNamespace}narrower`,
} as const;
export const rdfType = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type';
export const prefixes = { skos: skosNamespace };

/** A category as a vocabulary has it. */
export interface Concept {
  readonly uri: string;
  /** Of the broader one; null at the top. */
  readonly parent: string | null;
  readonly name: string;
  readonly language: string | null;
  readonly altLabels: readonly { readonly value: string; readonly language: string | null }[];
  readonly definition: string;
}
