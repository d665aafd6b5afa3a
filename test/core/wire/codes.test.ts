import { expect, test } from 'vitest';
import {
  answerCommands,
  clientCommands,
  reasons,
  resultCodes,
  ringCommands,
  type CodeTable,
} from '../../../core/wire/codes.ts';

const bothWays = <Name extends string>(table: CodeTable<Name>, name: Name, code: number) => {
  expect(table.codeOf(name)).toBe(code);
  expect(table.nameOf(code)).toBe(name);
};

test.each([
  ['status', 0x53746174],
  ['my-index', 0x4d496478],
  ['req-vote', 0x52566f74],
  ['vote-for', 0x56744672],
  ['heartbeat', 0x48727442],
  ['ack', 0x41636b2e],
  ['update', 0x55706445],
  ['revoke', 0x5265766b],
  ['rejected', 0x524a4321],
] as const)('member command %s', (name, code) => {
  bothWays(ringCommands, name, code);
  expect(clientCommands.nameOf(code)).toBeNull();
});

test.each([
  ['list', 0x434c7374],
  ['peers', 0x50656572],
  ['grant', 0x43476e74],
  ['revoke-request', 0x4352766b],
  ['attr-set', 0x41536574],
  ['attr-get', 0x41476574],
  ['attr-delete', 0x4144656c],
  ['attr-list', 0x414c7374],
] as const)('client command %s', (name, code) => {
  bothWays(clientCommands, name, code);
  expect(ringCommands.nameOf(code)).toBeNull();
});

test.each([
  ['result', 0x52736c74],
  ['result-list', 0x524c7374],
  ['attr-get', 0x41476574],
  ['attr-list', 0x414c7374],
] as const)('answer command %s', (name, code) => {
  bothWays(answerCommands, name, code);
});

test.each([
  ['success', 0],
  ['more', 0x4d6f7265],
  ['pending', 0x50656e64],
  ['overgrant', 0x4f766572],
  ['ticket-idle', 0x5469646c],
  ['redirect', 0x52656472],
  ['invalid-argument', 0x49417267],
  ['failed', 0x4661696c],
  ['auth-failed', 0x41757468],
  ['handler-failed', 0x58507267],
  ['prerequisite-failed', 0x41507271],
  ['no-attribute', 0x4e417472],
  ['term-outdated', 0x544f6474],
  ['term-still-valid', 0x54566c64],
  ['you-are-outdated', 0x4f757464],
  ['async', 0x4173796e],
  ['sync-success', 0x53636373],
  ['sync-fail', 0x5375633f],
  ['busy', 0x42757379],
] as const)('result %s', (name, code) => {
  bothWays(resultCodes, name, code);
});

test.each([
  ['none', 0],
  ['admin', 0x41646d6e],
  ['ticket-lost', 0x544c7374],
  ['reacquire', 0x52616371],
  ['step-down', 0x5370646e],
  ['local-fail', 0x4c6f6346],
  ['split', 0x53706c74],
] as const)('reason %s', (name, code) => {
  bothWays(reasons, name, code);
});

test.each([
  ['RGnt', 0x52476e74],
  ['RRvk', 0x5252766b],
  ['nothing', 0],
])('the reserved code %s is no command', (_name, code) => {
  expect(ringCommands.nameOf(code)).toBeNull();
  expect(clientCommands.nameOf(code)).toBeNull();
  expect(answerCommands.nameOf(code)).toBeNull();
});

test("booth's internal reason is no reason on the wire", () => {
  expect(reasons.nameOf(0x41616161)).toBeNull();
});
