import { describe, expect, test } from 'vitest';
import { parseGeostoreArguments } from '../../../core/cli/arguments/geostore-arguments.ts';

const base = { kind: 'attribute', ticket: null, attribute: 'a', value: '' } as const;

const parse = (line: string) => parseGeostoreArguments(line === '' ? [] : line.split(' '));

describe('geostore accepts', () => {
  test.each([
    ['', { kind: 'help' }],
    ['-h', { kind: 'help' }],
    ['get a -h', { kind: 'help' }],
    ['version', { kind: 'version' }],
    ['get a', { ...base, operation: 'get' }],
    ['get -t t a', { ...base, operation: 'get', ticket: 't' }],
    ['get a -t t', { ...base, operation: 'get', ticket: 't' }],
    ['-t t get a', { ...base, operation: 'get', ticket: 't' }],
    ['set a b', { ...base, operation: 'set', value: 'b' }],
    ['delete a', { ...base, operation: 'delete' }],
    ['list', { ...base, operation: 'list', attribute: '' }],
    ['set a -- -1', { ...base, operation: 'set', value: '-1' }],
  ])('"%s"', (line, value) => {
    expect(parse(line)).toMatchObject({ ok: true, value });
  });

  test('an empty value and one with blanks', () => {
    expect(parseGeostoreArguments(['set', 'a', ''])).toMatchObject({ value: { value: '' } });
    expect(parseGeostoreArguments(['set', 'a', 'x y'])).toMatchObject({ value: { value: 'x y' } });
  });
});

describe('geostore refuses', () => {
  test.each([
    ['bogus', /^operation "bogus" is unknown/],
    ['-t t', /^operation "" is unknown/],
    ['set', /^not enough arguments: set needs an attribute and a value$/],
    ['set a', /^not enough arguments: set needs an attribute and a value$/],
    ['get', /^not enough arguments: get needs an attribute$/],
    ['delete', /^not enough arguments: delete needs an attribute$/],
    ['set a b c', /^surplus argument "c"$/],
    ['get a b', /^surplus argument "b"$/],
    ['list a', /^surplus argument "a"$/],
    ['get -F a', /^option -F is unknown/],
    [`get ${'x'.repeat(64)}`, /^attribute name may have at most 63 bytes/],
    ['set granted x', /^"granted" is kept by the ticket itself; choose another name$/],
    ['delete 1a', /^"1a" is no attribute name/],
    [`set a ${'x'.repeat(128)}`, /^value may have at most 127 bytes/],
    [`get -t ${'x'.repeat(64)} a`, /^ticket name may have at most 63 bytes/],
  ])('"%s"', (line, message) => {
    const parsed = parse(line);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.error.message).toMatch(message);
  });

  test('an empty attribute name', () => {
    expect(parseGeostoreArguments(['set', '', 'x'])).toMatchObject({ ok: false });
  });
});
