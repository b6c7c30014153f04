/*
 * Accept: bursts of `connections`. The server (`pid`) is stopped, the connections are made and wait in its backlog, it
 * is let go, and the time runs until it has closed the last. For a connection made while the server runs, this side
 * would pay more than the server (the handshake and both of its ends), and the rate would be that of the load.
 */
#include "load.h"
#include <signal.h>

static int begin_connection(const struct options *options) {
  struct timeval patience = {.tv_sec = 5};
  int fd = connect_tcp(options, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

static void await_end(int fd) {
  char byte;
  ssize_t n = recv(fd, &byte, 1, 0);
  if (n > 0) fail("the server sent something");
  if (n < 0 && errno != ECONNRESET && errno != ENOTCONN) die("recv");
  close(fd);
}

static uint64_t cpu_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

int accept_mode(const struct options *options) {
  int *fds = calloc(options->connections, sizeof *fds);
  uint64_t ended = 0, took = 0, busy = 0;
  clockid_t server;
  struct run run;
  if (options->pid <= 0 || clock_getcpuclockid(options->pid, &server) != 0) fail("--pid is not the server's");
  start_run(&run, options);
  while (running(&run, now_ns())) {
    kill(options->pid, SIGSTOP);
    for (int i = 0; i < options->connections; i++) fds[i] = begin_connection(options);
    uint64_t start = now_ns(), used = cpu_ns(server);
    kill(options->pid, SIGCONT);
    for (int i = 0; i < options->connections; i++) await_end(fds[i]);
    if (!run.counting) continue;
    took += now_ns() - start;
    busy += cpu_ns(server) - used;
    ended += options->connections;
  }
  if (took == 0) fail("no burst was over in time");
  printf("{\"rate\":%.1f,\"cpu\":%.3f,\"seconds\":%.3f}\n", ended * 1e9 / took, (double)busy / took, took / 1e9);
  return 0;
}
