import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fakeClock } from '../../testing/fake-clock.ts';
import { sampleTree, trySampleTree } from './process-tree.ts';
import { SAMPLE_INTERVAL, TreeMeter } from './process-tree-meter.ts';
import { type Proc, systemProc } from './process-tree-proc.ts';

const onlyLinux = { skip: process.platform === 'linux' ? false : 'there is no /proc', timeout: 20_000 };

interface Thread {
  voluntary: number;
  involuntary: number;
}

interface Process {
  parent: number;
  user: number;
  reaped?: number;
  kib: number;
  pss?: number;
  threads: Record<number, Thread>;
}

/** A system as it might be at one moment; what is changed is seen by the next read. */
class Recorded implements Proc {
  readonly processes = new Map<number, Process>();
  listsChildren = true;

  list(path: string): string[] {
    const pid = /^\/proc\/(\d+)\/task$/.exec(path)?.[1];
    if (pid !== undefined) return Object.keys(this.processes.get(Number(pid))?.threads ?? {});
    return path === '/proc' ? ['self', 'meminfo', ...[...this.processes.keys()].map(String)] : [];
  }

  read(path: string): string | null {
    const [, , pid = '', ...rest] = path.split('/');
    const process = this.processes.get(Number(pid));
    if (process === undefined)
      return pid === 'self' ? this.#stat(1, { parent: 0, user: 0, kib: 0, threads: {} }) : null;
    const thread = process.threads[Number(rest[1])];
    if (rest[0] === 'stat') return this.#stat(Number(pid), process);
    if (rest[0] === 'smaps_rollup')
      return process.pss === undefined ? null : `Rss: ${process.kib} kB\nPss: ${process.pss} kB\n`;
    if (rest[0] === 'status') return `VmRSS:\t${process.kib} kB\n`;
    if (thread === undefined) return null;
    if (rest[2] === 'status')
      return `voluntary_ctxt_switches:\t${thread.voluntary}\nnonvoluntary_ctxt_switches:\t${thread.involuntary}\n`;
    if (rest[2] === 'stat') return 'thread';
    return this.listsChildren && rest[1] === pid
      ? this.#children(Number(pid))
      : this.listsChildren
        ? ''
        : null;
  }

  #stat(pid: number, { parent, user, reaped = 0, threads }: Process): string {
    const count = Object.keys(threads).length;
    return `${pid} (a (b) c) S ${parent} 0 0 0 0 0 0 0 0 0 ${user} 1 ${reaped} 0 0 0 ${count} 0 ${pid * 10} 0\n`;
  }

  #children(pid: number): string {
    return [...this.processes]
      .flatMap(([child, { parent }]) => (parent === pid ? [`${child} `] : []))
      .join('');
  }
}

function family(): Recorded {
  const proc = new Recorded();
  proc.processes.set(10, {
    parent: 1,
    user: 100,
    reaped: 30,
    kib: 1000,
    pss: 600,
    threads: { 10: { voluntary: 5, involuntary: 1 }, 11: { voluntary: 7, involuntary: 2 } },
  });
  proc.processes.set(20, {
    parent: 10,
    user: 50,
    kib: 500,
    pss: 100,
    threads: { 20: { voluntary: 1, involuntary: 0 } },
  });
  proc.processes.set(30, {
    parent: 20,
    user: 5,
    kib: 200,
    pss: 50,
    threads: { 30: { voluntary: 2, involuntary: 3 } },
  });
  proc.processes.set(40, {
    parent: 1,
    user: 999,
    kib: 999,
    pss: 9,
    threads: { 40: { voluntary: 9, involuntary: 9 } },
  });
  return proc;
}

function summary(proc: Proc): object {
  const { switchesByThread, ...sample } = sampleTree(10, { proc });
  return { ...sample, keys: [...switchesByThread.keys()] };
}

test('a sample sums over children and grandchildren, and over nobody else', () => {
  const proc = family();
  const want = {
    processes: 3,
    threads: 4,
    user: 1850,
    system: 30,
    resident: 1700 * 1024,
    pss: 750 * 1024,
    switches: { voluntary: 15, involuntary: 6 },
    keys: ['10/10@100', '10/11@100', '20/20@200', '30/30@300'],
  };
  assert.deepEqual(summary(proc), want);
  proc.listsChildren = false;
  assert.deepEqual(summary(proc), want);
});

test('PSS of a part of the tree is not told', () => {
  const proc = family();
  delete proc.processes.get(20)!.pss;
  assert.equal(sampleTree(10, { proc }).pss, null);
  assert.equal(sampleTree(10, { proc }).resident, 1700 * 1024);
});

test('a process that does not exist, and a system without /proc, are told as such', () => {
  assert.throws(() => sampleTree(99, { proc: family() }), {
    code: 'refused',
    message: /process 99: there is no such/,
  });
  const nothing: Proc = { read: () => null, list: () => [] };
  assert.throws(() => sampleTree(1, { proc: nothing }), { code: 'unsupported', message: /needs Linux/ });
});

test('the meter counts what ended between two samples, and keeps the peaks', () => {
  const [proc, clock] = [family(), fakeClock()];
  const meter = new TreeMeter(10, { proc, clock });
  const root = proc.processes.get(10)!;
  proc.processes.set(50, {
    parent: 10,
    user: 0,
    kib: 5000,
    pss: 4000,
    threads: { 50: { voluntary: 100, involuntary: 10 } },
  });
  root.threads[11]!.voluntary += 20;
  clock.advance(SAMPLE_INTERVAL);
  // It used 0.4 s until its parent waited for it; a thread ended as well.
  proc.processes.delete(50);
  root.reaped! += 40;
  delete root.threads[11];
  root.threads[10]!.involuntary += 5;
  clock.advance(1000 - SAMPLE_INTERVAL);
  const { cpu, ...rest } = meter.stop();
  assert.deepEqual([Math.round(cpu.user), cpu.system], [40, 0]);
  assert.deepEqual(rest, {
    seconds: 1,
    peakResident: 6700 * 1024,
    peakPss: 4750 * 1024,
    peakProcesses: 4,
    peakThreads: 5,
    switches: { voluntary: 120, involuntary: 15 },
    ended: false,
  });
  assert.equal(clock.pending, 0);
  assert.deepEqual(meter.stop(), { cpu, ...rest });
});

test('a root that ends leaves the figures of the last sample before', () => {
  const [proc, clock] = [family(), fakeClock()];
  const meter = new TreeMeter(10, { proc, clock });
  proc.processes.get(30)!.user += 10;
  clock.advance(SAMPLE_INTERVAL);
  proc.processes.clear();
  clock.advance(10 * SAMPLE_INTERVAL);
  const { ended, seconds, cpu } = meter.usage();
  assert.deepEqual(
    { ended, seconds, total: cpu.total },
    { ended: true, seconds: SAMPLE_INTERVAL / 1000, total: 50 },
  );
  assert.equal(clock.pending, 0);
});

/** A process with a child of its own, once both stand. */
async function realTree(t: TestContext): Promise<{ child: ChildProcess; grandchild: number }> {
  const child = spawn('/bin/sh', ['-c', 'cat <&3 & echo $!; read line; kill $!; wait; read line'], {
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [line] = await once(createInterface(child.stdout!), 'line');
  return { child, grandchild: Number(line) };
}

test('real processes: a shell and its child, and then the shell alone', onlyLinux, async (t) => {
  const { child, grandchild } = await realTree(t);
  const pid = child.pid!;
  const sample = sampleTree(pid);
  assert.deepEqual([sample.processes, sample.threads], [2, 2]);
  assert.ok(sample.resident > 100 * 1024, `${sample.resident}`);
  assert.ok(sample.pss === null || (sample.pss > 0 && sample.pss <= sample.resident));
  assert.ok(
    [...sample.switchesByThread.keys()].some((key) => key.startsWith(`${grandchild}/${grandchild}@`)),
  );
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(trySampleTree(pid), null);
  process.kill(grandchild, 'SIGKILL');
});

test(
  'real processes: this one has threads, used time, and is found among its parent’s children',
  onlyLinux,
  () => {
    const own = sampleTree(process.pid);
    assert.ok(own.threads > 1 && own.user > 0 && own.switches.voluntary > 0);
    const withoutLists: Proc = {
      list: systemProc.list,
      read: (path) => (path.endsWith('/children') ? null : systemProc.read(path)),
    };
    assert.equal(sampleTree(process.pid, { proc: withoutLists, pss: false }).pss, null);
    assert.ok(sampleTree(process.ppid, { proc: withoutLists }).processes >= 2);
  },
);
