import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as constants from './constants.ts';

const HEADERS = [
  'stddef.h',
  'stdio.h',
  'sys/socket.h',
  'netinet/in.h',
  'fcntl.h',
  'poll.h',
  'sys/epoll.h',
  'sys/eventfd.h',
  'sys/mman.h',
  'linux/tcp.h',
];

/** What other files of this folder take for granted. */
const LAYOUT: Readonly<Record<string, number>> = {
  'sizeof(struct epoll_event)': process.arch === 'x64' ? 12 : 16,
  'offsetof(struct epoll_event, data)': process.arch === 'x64' ? 4 : 8,
  'sizeof(struct pollfd)': 8,
  'sizeof(struct iovec)': 16,
  'sizeof(struct msghdr)': 56,
  'offsetof(struct msghdr, msg_controllen)': 40,
  'offsetof(struct msghdr, msg_flags)': 48,
  'sizeof(struct mmsghdr)': 64,
  'offsetof(struct mmsghdr, msg_len)': 56,
  'sizeof(struct cmsghdr)': 16,
  'sizeof(struct sockaddr_storage)': 128,
  'sizeof(struct ucred)': 12,
  'offsetof(struct tcp_info, tcpi_total_retrans)': 100,
  'offsetof(struct tcp_info, tcpi_snd_wnd)': 228,
};

const noCompiler =
  process.platform !== 'linux' || spawnSync('cc', ['--version']).error !== undefined
    ? 'needs Linux and a C compiler (cc)'
    : false;

test("constants and layouts are those of this machine's headers", { skip: noCompiler }, () => {
  const checks = Object.entries({ ...constants, ...LAYOUT }).map(
    ([expression, value]) =>
      `  if ((int)(${expression}) != (int)(${value}LL)) printf("%s is %d\\n", "${expression}", (int)(${expression}));`,
  );
  const includes = HEADERS.map((header) => `#include <${header}>`);
  const source = ['#define _GNU_SOURCE', ...includes, 'int main(void) {', ...checks, '}', ''].join('\n');
  const folder = mkdtempSync(join(tmpdir(), 'modnet-'));
  try {
    writeFileSync(join(folder, 'check.c'), source);
    execFileSync('cc', ['-w', '-o', 'check', 'check.c'], { cwd: folder });
    assert.equal(execFileSync(join(folder, 'check'), { encoding: 'utf8' }), '');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
