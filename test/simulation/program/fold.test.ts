import { expect, test } from 'vitest';
import { foldTrace, type TraceLine } from './fold.ts';

const story = (text: string): TraceLine => ({ text, isRoutine: false });
const renewal = (text: string): TraceLine => ({ text, isRoutine: true });

test('of a stretch of renewals the last of each kind is left, and what is left out is counted', () => {
  const lines = [
    story('   1.000 A granted'),
    ...[31, 61, 91].flatMap((at) => [
      renewal(`  ${String(at)}.000 A -> B heartbeat, lease until ${String(at + 30)}.000`),
      renewal(`  ${String(at)}.002 A <- B ack`),
    ]),
    story('  95.000 FAULT cut'),
    renewal(' 121.000 A -> B heartbeat, lease until 121.000'),
    story(' 130.000 B elected'),
  ];
  expect(foldTrace(lines)).toEqual([
    '   1.000 A granted',
    '         ... 4 lines of renewals since 31.000',
    '  91.000 A -> B heartbeat, lease until 121.000',
    '  91.002 A <- B ack',
    '  95.000 FAULT cut',
    ' 121.000 A -> B heartbeat, lease until 121.000',
    ' 130.000 B elected',
  ]);
});

test('nothing is folded where nothing repeats', () => {
  expect(foldTrace([])).toEqual([]);
  expect(foldTrace([renewal(' 1.000 A ack')])).toEqual([' 1.000 A ack']);
});
