import { expect, test } from 'vitest';
import { splitStatements } from './split-statements.ts';

test('statements end at top-level semicolons only, as the Supabase CLI splits them', () => {
  const parts = [
    '-- a comment\ncreate table foo(id int)',
    "-- trailing; comment\n\n/* block; */\ncomment on table foo is 'semi;colon'",
    'create function f() returns int language plpgsql as $x$ begin return 1; end $x$',
    'create function g() returns int begin atomic select 1; select 2; end',
    String.raw`select E'it\'s; fine', 'it''s; fine', "a;b"`,
    'do $$ begin perform $a$;$a$; end $$',
    '-- end comment',
  ];
  expect(splitStatements(parts.join(';\n'))).toEqual(parts);
});
