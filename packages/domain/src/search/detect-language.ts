/** The most frequent small words of a language, which hardly occur in another one of these. */
const smallWords = {
  danish:
    'og det at en den til er som på de med han af for ikke der var mig sig men et har om vi min havde ham hun nu over',
  dutch:
    'de en van ik te dat die in een hij het niet zijn is was op aan met als voor had er maar om hem dan zou wat mijn',
  english:
    'the of and to in is that it was for on are as with they at be this from have or by one had not but what all',
  finnish:
    'on ja ei että se hän oli en mutta kun ole olen mitä ovat niin joka tai myös ne kuin sen hänen vain jos ollut',
  french: 'le la les et des en un du une que est pour qui dans ce il au sur pas plus par je avec tout sont cette aux',
  german:
    'der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat',
  italian: 'di che è la il un per in una mi sono ho non ma lo ha le si ti i con cosa se io come da ci no questo qui e',
  norwegian:
    'og i jeg det at en et den til er som på de med han av ikke der så var meg seg men ett har om vi min ble fra',
  portuguese: 'de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu sua ou',
  russian: 'и в не на я что он с как это по но они мы все она так его за был из у от то бы же вы для о ее',
  spanish: 'de la que el en y a los se del las un por con no una su para es al lo como más pero sus le ya o este',
  swedish: 'och det att i en jag hon som han på den med var sig för så till är men ett om hade de av icke mig du då',
} as const;

const setOfWords = Object.entries(smallWords).map(
  ([language, words]) => [language, new Set(words.split(' '))] as const,
);

/**
 * The text search configuration whose small words a text has most of; `simple`, which reduces nothing, where it has hardly any, as a
 * list of columns. To be wrong costs little: words are found as they are written in any case.
 */
export function detectLanguage(text: string): string {
  const words =
    text
      .toLowerCase()
      .match(/\p{L}+/gu)
      ?.slice(0, 400) ?? [];
  const counted = setOfWords
    .map(([language, small]) => ({ language, count: words.filter((word) => small.has(word)).length }))
    .sort((a, b) => b.count - a.count);
  const [best, second] = counted;
  if (!best || !second || best.count < 2 || best.count === second.count) return 'simple';
  return best.language;
}
