/** Numbers that are the same in each run (mulberry32), normally distributed (Box and Muller). */
export function normalNumbers(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

export interface VectorSet {
  readonly vectors: readonly Float32Array[];
  readonly queries: readonly Float32Array[];
}

/**
 * Vectors of length 1, and queries that are like them. With `groups`, each lies about one of so many centres, as those of texts on so
 * many subjects do (a cosine of 0.6 within a group); without, anywhere, which no text does: nothing is near to anything.
 */
export function makeVectors(count: number, dimensions: number, groups: number): VectorSet {
  const next = normalNumbers(7);
  const point = () => Float32Array.from({ length: dimensions }, next);
  const centres = Array.from({ length: groups }, point);
  const one = (index: number) => {
    const centre = centres[index % Math.max(groups, 1)];
    return unit(point().map((x, at) => (centre ? (centre[at] ?? 0) + 0.8 * x : x)));
  };
  return {
    vectors: Array.from({ length: count }, (_, index) => one(index)),
    queries: Array.from({ length: 20 }, (_, index) => one(index * 17)),
  };
}

const unit = (vector: Float32Array): Float32Array => {
  const length = Math.hypot(...vector);
  return vector.map((x) => x / length);
};

export function innerProduct(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

/** The places of the nearest, nearest first: every vector is looked at. */
export function nearestExactly(vectors: readonly Float32Array[], query: Float32Array, most: number): number[] {
  const products = Float32Array.from(vectors, (vector) => innerProduct(vector, query));
  const least = products.toSorted().at(-most) ?? Number.NEGATIVE_INFINITY;
  const places = [...products.keys()].filter((place) => (products[place] ?? 0) >= least);
  return places.sort((a, b) => (products[b] ?? 0) - (products[a] ?? 0)).slice(0, most);
}
