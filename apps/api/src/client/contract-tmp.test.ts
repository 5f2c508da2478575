import type { Contract } from '@granary/client';
import { actions } from '@granary/domain';
import { expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';

type Action = (typeof actions)[number];
type Named<Name> = Extract<Action, { name: Name }>;
/** Whether each can stand for the other: written apart, frozen or not, they need not be the same to the letter. */
type Fits<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Mutable<T> = T extends readonly unknown[] | object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
/** A field that is coerced takes anything by its schema; the contract says what makes sense. */
type Settled<Schema, Printed> = {
  [K in keyof Schema]: unknown extends Schema[K] ? (K extends keyof Printed ? Printed[K] : never) : Schema[K];
};
type InputFits<Printed, Schema> = Fits<Mutable<Printed>, Mutable<Settled<Schema, Printed>>>;
type Differs = {
  [Name in Action['name']]: Name extends keyof Contract
    ? [
        InputFits<Contract[Name]['input'], z.input<Named<Name>['input']>>,
        Fits<Contract[Name]['output'], z.output<Named<Name>['output']>>,
        Fits<Contract[Name]['kind'], Named<Name>['kind']>,
      ] extends [true, true, true]
      ? never
      : Name
    : Name;
}[Action['name']];

test('the client’s types are the schemas’ types, for every action', () => {
  const differs: Differs = 1; void differs;
  expect(actions.length).toBeGreaterThan(20);
});
