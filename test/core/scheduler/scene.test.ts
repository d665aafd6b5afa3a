import { describe, expect, test } from 'vitest';
import { chainsOf } from '../../../core/scheduler/group.ts';
import { metaOf, parametersOfMember } from '../../../core/scheduler/scene.ts';
import { read } from '../cib/cib-text.ts';

const dummy = (id: string, inside = ''): string =>
  `<primitive id="${id}" class="ocf" provider="pacemaker" type="Dummy">${inside}</primitive>`;
const meta = (id: string, name: string, value: string): string =>
  `<meta_attributes id="${id}"><nvpair id="${id}-n" name="${name}" value="${value}"/></meta_attributes>`;
const parameter = (id: string, value: string): string =>
  `<instance_attributes id="${id}"><nvpair id="${id}-n" name="x" value="${value}"/></instance_attributes>`;

describe('a member of a group', () => {
  const { cib } = read({
    resources: `<group id="g">
      ${dummy('a', meta('a-m', 'target-role', 'Started') + parameter('a-i', '2'))}
      ${dummy('b')}${dummy('c', meta('c-m', 'target-role', '#default'))}
      ${meta('g-m', 'target-role', 'Stopped')}${parameter('g-i', '1')}</group>`,
    more: `<rsc_defaults>${meta('d', 'resource-stickiness', '100')}</rsc_defaults>`,
  });
  const [a, b, c] = chainsOf(cib).flatMap(({ members }) => members);
  if (a === undefined || b === undefined || c === undefined) throw new Error('members are missing');

  test('finds what it does not set in its group, then in the defaults', () => {
    expect(metaOf(cib, a, 'target-role')).toBe('Started');
    expect(metaOf(cib, b, 'target-role')).toBe('Stopped');
    expect(metaOf(cib, b, 'resource-stickiness')).toBe('100');
    expect(metaOf(cib, b, 'priority')).toBeNull();
  });

  test('may ask for the default by name', () => {
    expect(metaOf(cib, c, 'target-role')).toBeNull();
  });

  test('gives its agent the parameters of its group under its own', () => {
    expect(parametersOfMember(a)).toEqual(new Map([['x', '2']]));
    expect(parametersOfMember(b)).toEqual(new Map([['x', '1']]));
  });
});
