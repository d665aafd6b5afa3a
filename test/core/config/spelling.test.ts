import { expect, test } from 'vitest';
import { excerpt } from '../../../core/config/excerpt.ts';
import { keywordNames } from '../../../core/config/keywords.ts';
import { editDistance, nearest } from '../../../core/config/spelling.ts';

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['abc', '', 3],
  ['same', 'same', 0],
  ['ab', 'ba', 1],
  ['retires', 'retries', 1],
  ['kitten', 'sitting', 3],
  ['expires', 'expire', 1],
])('from %j to %j it takes %d letters', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test.each([
  ['expires', 'expire'],
  ['Expire', 'expire'],
  ['renewal_freq', 'renewal-freq'],
  ['arbitator', 'arbitrator'],
  ['auth-file', 'authfile'],
  ['acquire-afer', 'acquire-after'],
  ['sites', 'site'],
  ['tmeout', 'timeout'],
  ['x', null],
  ['frobnicate', null],
])('%s was probably meant to be %s', (word, meant) => {
  expect(nearest(word, keywordNames)).toBe(meant);
});

test.each([
  ['plain', '"plain"'],
  ['a"b', '"a\\"b"'],
  ['\u001b[2J', '"\\u001b[2J"'],
  ['\u009b2J', '"\\u{9b}2J"'],
  ['a\u202eb', '"a\\u{202e}b"'],
  ['x'.repeat(41), `"${'x'.repeat(40)}…"`],
  ['é', '"é"'],
])('%j is shown as %s', (text, shown) => {
  expect(excerpt(text)).toBe(shown);
});
