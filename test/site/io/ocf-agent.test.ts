import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentEnvironment } from '../../../core/transition/agent-environment.ts';
import type { AgentOperation, OperationOutcome } from '../../../core/transition/operation.ts';
import type { AgentFolders } from '../../../site/io/ocf-agent.ts';
import { agentSearchPath, runOcfAgent } from '../../../site/io/ocf-agent.ts';
import { signalProcess } from '../../support/process-tree.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';

const shipped = resolve(import.meta.dirname, '../../../site/agents');
let folder: TemporaryDirectory;
let folders: AgentFolders;

beforeEach(async () => {
  folder = await makeTemporaryDirectory('ocf-agent');
  folders = { ocfRoot: folder.path, shipped, path: agentSearchPath('/bin'), graceMs: 200 };
  mkdirSync(join(folder.path, 'resource.d/test'), { recursive: true });
});
afterEach(() => folder.remove());

/** Installs an agent made of one shell script. */
function install(type: string, script: string): void {
  const file = join(folder.path, 'resource.d/test', type);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

const operationOf = (
  type: string,
  action: string,
  changes: {
    readonly provider?: string;
    readonly parameters?: Readonly<Record<string, string>>;
    readonly intervalMs?: number;
    readonly timeoutMs?: number;
  } = {},
): AgentOperation => {
  const call = {
    resource: 'web',
    agent: { class: 'ocf', provider: changes.provider ?? 'test', type },
    action,
    intervalMs: changes.intervalMs ?? 0,
    timeoutMs: changes.timeoutMs ?? 10_000,
  };
  return {
    ...call,
    environment: agentEnvironment({
      ...call,
      parameters: new Map(Object.entries(changes.parameters ?? {})),
      operationParameters: new Map(),
      node: 'alpha',
      nodeId: '1',
    }),
  };
};

const run = (operation: AgentOperation): Promise<OperationOutcome> =>
  new Promise((done) => void runOcfAgent(operation, folders, done));

const isAlive = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

describe('running an OCF agent', () => {
  it('gives exactly the environment of the contract and nothing of the daemon', async () => {
    process.env['GEOBOOTH_SECRET'] = 'leak';
    install('show', `env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= | sort; pwd; umask`);
    const result = await run(
      operationOf('show', 'monitor', {
        parameters: { ip: '10.0.0.1', note: 'two words; rm -rf /' },
        intervalMs: 10_000,
        timeoutMs: 5_000,
      }),
    );
    delete process.env['GEOBOOTH_SECRET'];
    expect(result.returnCode).toBe(0);
    expect(result.output.split('\n')).toEqual([
      'HA_debug=0',
      'LC_ALL=C',
      'OCF_EXIT_REASON_PREFIX=ocf-exit-reason:',
      'OCF_OUTPUT_FORMAT=text',
      'OCF_RA_VERSION_MAJOR=1',
      'OCF_RA_VERSION_MINOR=1',
      'OCF_RESKEY_CRM_meta_interval=10000',
      'OCF_RESKEY_CRM_meta_name=monitor',
      'OCF_RESKEY_CRM_meta_on_node=alpha',
      'OCF_RESKEY_CRM_meta_on_node_uuid=1',
      'OCF_RESKEY_CRM_meta_timeout=5000',
      'OCF_RESKEY_crm_feature_set=3.16.1',
      'OCF_RESKEY_ip=10.0.0.1',
      'OCF_RESKEY_note=two words; rm -rf /',
      'OCF_RESOURCE_INSTANCE=web',
      'OCF_RESOURCE_PROVIDER=test',
      'OCF_RESOURCE_TYPE=show',
      `OCF_ROOT=${folder.path}`,
      `PATH=${folders.path}`,
      '/',
      '0022',
    ]);
  });

  it('leaves the action name and the interval out of a probe', async () => {
    install('show', 'env | grep CRM_meta | sort');
    const { output } = await run(operationOf('show', 'monitor'));
    expect(output).not.toContain('CRM_meta_name');
    expect(output).not.toContain('CRM_meta_interval');
  });

  it('passes the return code and the exit reason on', async () => {
    install('bad', 'echo chatter >&2; echo "ocf-exit-reason:no such disk" >&2; exit 5');
    expect(await run(operationOf('bad', 'start'))).toMatchObject({
      status: 'done',
      returnCode: 5,
      exitReason: 'no such disk',
    });
  });

  it('keeps only the end of a flood of output', async () => {
    install('flood', 'head -c 3000000 /dev/zero | tr "\\0" x; echo END');
    const { output } = await run(operationOf('flood', 'monitor'));
    expect(output.length).toBeLessThanOrEqual(8192);
    expect(output.endsWith('END')).toBe(true);
  });

  it('ends the whole process group of an agent that takes too long, even if it ignores TERM', async () => {
    const pidFile = join(folder.path, 'pid');
    install(
      'hang',
      `trap '' TERM; sh -c 'trap "" TERM; echo $$ >${pidFile}; while :; do sleep 1; done'`,
    );
    const result = await run(operationOf('hang', 'start', { timeoutMs: 300 }));
    expect(result).toMatchObject({ status: 'timeout', returnCode: 1 });
    expect(result.exitReason).toBe('did not finish within 300 ms');
    const child = Number(readFileSync(pidFile, 'utf8'));
    await waitUntil('the grandchild to be gone', () => !isAlive(child));
  });

  it('leaves alone the service that a successful start left running with its output open', async () => {
    const pidFile = join(folder.path, 'pid');
    install('service', `sleep 60 & echo $! >${pidFile}; exit 0`);
    const result = await run(operationOf('service', 'start'));
    const service = Number(readFileSync(pidFile, 'utf8'));
    expect(result.returnCode).toBe(0);
    expect(isAlive(service)).toBe(true);
    signalProcess(service, 'SIGKILL');
  });

  it('reports an operation that was cancelled as cancelled', async () => {
    install('slow', 'exec sleep 60');
    const result = await new Promise<OperationOutcome>((done) => {
      const running = runOcfAgent(operationOf('slow', 'monitor'), folders, done);
      setImmediate(() => running.cancel());
    });
    expect(result.status).toBe('cancelled');
  });

  it('reports an agent that a signal ended as failed', async () => {
    install('killed', 'kill -9 $$');
    expect(await run(operationOf('killed', 'start'))).toMatchObject({
      status: 'error',
      returnCode: 1,
      exitReason: 'ended by SIGKILL',
    });
  });

  it.each([
    ['an agent that does not exist', operationOf('missing', 'start'), 5],
    ['a name that leads out of the folder', operationOf('../test/show', 'start'), 5],
    [
      'a class the embedded cluster does not run',
      {
        ...operationOf('x', 'start'),
        agent: { class: 'systemd', provider: null, type: 'nginx' },
      },
      5,
    ],
  ])('answers "not installed" for %s', async (_, operation, returnCode) => {
    const result = await run(operation);
    expect(result).toMatchObject({ status: 'error', returnCode });
    expect(result.exitReason).not.toBe('');
  });

  it('answers "no permission" for a file that is not executable', async () => {
    writeFileSync(join(folder.path, 'resource.d/test/plain'), 'text');
    expect((await run(operationOf('plain', 'start'))).returnCode).toBe(4);
  });
});

describe('ocf:geobooth:dummy', () => {
  const dummy = (action: string, parameters: Readonly<Record<string, string>> = {}) =>
    run(
      operationOf('dummy', action, {
        provider: 'geobooth',
        parameters: { state: join(folder.path, 'dummy.state'), ...parameters },
      }),
    );

  it('is running between start and stop, and both may be repeated', async () => {
    const codes: number[] = [];
    for (const action of ['monitor', 'start', 'start', 'monitor', 'stop', 'stop', 'monitor']) {
      codes.push((await dummy(action)).returnCode);
    }
    expect(codes).toEqual([7, 0, 0, 0, 0, 0, 7]);
  });

  it('logs its starts and stops, and fails where it is told to', async () => {
    const log = join(folder.path, 'log');
    const fail = join(folder.path, 'fail');
    writeFileSync(fail, 'start\n');
    const failed = await dummy('start', { log, fail });
    await dummy('stop', { log, fail });
    expect(failed).toMatchObject({ returnCode: 1, exitReason: `told to fail by ${fail}` });
    expect(readFileSync(log, 'utf8')).toBe('start web\nstop web\n');
  });

  it('refuses a relative state file', async () => {
    expect(await dummy('start', { state: 'x' })).toMatchObject({ returnCode: 2 });
  });

  it('describes itself', async () => {
    const { output, returnCode } = await dummy('meta-data');
    expect(returnCode).toBe(0);
    expect(output).toContain('<action name="validate-all"');
    expect((await dummy('promote')).returnCode).toBe(3);
  });
});
