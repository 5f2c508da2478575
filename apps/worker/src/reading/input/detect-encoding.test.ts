import { Buffer } from 'node:buffer';
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detectEncoding } from './detect-encoding.ts';
import { Utf8Census } from './utf8-census.ts';

async function detect(bytes: Uint8Array, told?: string) {
  const name = path.join(tmpdir(), `granary-encoding-${process.pid}`);
  writeFileSync(name, bytes);
  const file = openSync(name, 'r');
  try {
    return await detectEncoding(file, told, () => {});
  } finally {
    closeSync(file);
    rmSync(name);
  }
}

/** Encodes by asking the decoder what each pair of bytes means. */
function encode(text: string, encoding: string): Buffer {
  const decoder = new TextDecoder(encoding);
  const codes = new Map<string, number[]>();
  for (let lead = 0xfe; lead >= 0x81; lead--) {
    for (let trail = 0xfe; trail >= 0x40; trail--) codes.set(decoder.decode(Buffer.from([lead, trail])), [lead, trail]);
  }
  return Buffer.from([...text].flatMap((letter) => (letter < '\x80' ? [letter.charCodeAt(0)] : codes.get(letter)!)));
}

const texts: readonly (readonly [string, string])[] = [
  [
    'big5',
    '編號,縣市,地址,說明\n1,臺北市,中正區重慶南路一段,政府機關與學校的資料\n2,高雄市,苓雅區四維三路,公共圖書館開放時間表\n',
  ],
  [
    'gb18030',
    '编号,城市,地址,说明\n1,北京市,海淀区中关村大街,政府机关和学校的数据\n2,上海市,黄浦区人民大道,公共图书馆开放时间表\n',
  ],
  [
    'shift_jis',
    'ID,都市,説明\n1,東京,これはテストのデータです。ひらがなとカタカナ\n2,大阪,図書館のひらく時間のいちらん\n',
  ],
  [
    'euc-jp',
    'ID,都市,説明\n1,東京,これはテストのデータです。ひらがなとカタカナ\n2,大阪,図書館のひらく時間のいちらん\n',
  ],
  ['euc-kr', '번호,도시,설명\n1,서울특별시,정부 기관과 학교의 자료입니다\n2,부산광역시,공공 도서관 시간표\n'],
];

test.each(texts)('a text in %s is told by its common characters', async (encoding, text) => {
  expect(await detect(encode(text, encoding))).toMatchObject({ name: encoding, how: 'guessed' });
});

test.each([
  'id,naam\n1,Zo\xeb\n2,caf\xe9\n',
  'Stra\xdfe,Gr\xf6\xdfe\nM\xfcnchner Stra\xdfe,\xfcber 5\n'.repeat(50),
  'descripci\xf3n,a\xf1o\ngesti\xf3n administraci\xf3n,espa\xf1ol\n'.repeat(50),
])('a western text is read as windows-1252', async (text) => {
  expect(await detect(Buffer.from(text, 'latin1'))).toMatchObject({ name: 'windows-1252', how: 'guessed' });
});

test('a stray NUL does not make a text UTF-16', async () => {
  expect(await detect(Buffer.from('a,b,c\n\0,2,3\n4,5,6\n'))).toMatchObject({ name: 'utf-8' });
});

test('UTF-8 with a few damaged bytes is still UTF-8', async () => {
  const bytes = Buffer.concat([Buffer.from('é'.repeat(100)), Buffer.from([0xff]), Buffer.from('ü'.repeat(100))]);
  expect(await detect(bytes)).toMatchObject({ name: 'utf-8', hasInvalidBytes: true });
});

test("the user's word beats the bytes, unless there is no such encoding", async () => {
  expect(await detect(Buffer.from('abc'), 'latin1')).toMatchObject({ name: 'windows-1252', how: 'told' });
  await expect(detect(Buffer.from('abc'), 'klingon')).rejects.toMatchObject({ kind: 'unsupported' });
});

test('however a text is cut into pieces, its invalid bytes are all counted', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat({ max: 5 })), (pieces, cuts) => {
      const bytes = Buffer.concat(pieces);
      const whole = new Utf8Census();
      whole.add(bytes, bytes.length);
      whole.end();
      const parts = new Utf8Census();
      let from = 0;
      for (const cut of cuts) {
        parts.add(bytes.subarray(from, from + cut), Math.min(cut, bytes.length - from));
        from = Math.min(bytes.length, from + cut);
      }
      parts.add(bytes.subarray(from), bytes.length - from);
      parts.end();
      expect(parts.invalid === 0).toBe(whole.invalid === 0);
      expect(whole.invalid === 0).toBe(Buffer.from(bytes.toString()).equals(bytes));
    }),
  );
});
