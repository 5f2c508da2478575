import { expect, test } from 'vitest';
import { detectLanguage } from './detect-language.ts';

test.each([
  ['The postal codes of all towns, as they were on the first day of the year.', 'english'],
  [
    'Die Postleitzahlen der Gemeinden und ihre Lage, wie sie im Jahr 2024 mit den Karten veröffentlicht wurden.',
    'german',
  ],
  ['Les codes postaux des communes, avec la population qui est dans le fichier.', 'french'],
  ['Los códigos postales de las ciudades y su población, como en el censo.', 'spanish'],
  ['Население городов, как оно было по данным переписи, и площадь.', 'russian'],
  ['Postnummer for alle byer, slik de ble brukt av posten, og ikke de som er fra i fjor', 'norwegian'],
  ['Columns: id (bigint), name (text), area (numeric)', 'simple'],
  ['', 'simple'],
])('%s', (text, language) => {
  expect(detectLanguage(text)).toBe(language);
});
