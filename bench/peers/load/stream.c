/*
 * Bulk streams. send: to a server that discards. receive: from a server that writes without end. relay: in at one
 * port and back at another, where this process listens, through a relay in between.
 * Received bytes are discarded in the kernel (MSG_TRUNC, tcp(7)), so that this side is not the slow one.
 */
#include "load.h"

enum role { SENDER, SINK, LISTENER };
static char *chunk;
static const size_t SINK_SIZE = 1024 * 1024;

static void add(int epoll, int fd, enum role role) {
  set_nonblocking(fd);
  watch(epoll, fd, role == SENDER ? EPOLLOUT : EPOLLIN, (uint64_t)role << 32 | fd, EPOLL_CTL_ADD);
}

static size_t move(int epoll, enum role role, int fd, size_t size) {
  if (role == LISTENER) {
    int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (accepted >= 0) add(epoll, accepted, SINK);
    return 0;
  }
  ssize_t n = role == SENDER ? send(fd, chunk, size, 0) : recv(fd, NULL, SINK_SIZE, MSG_TRUNC);
  if (n == 0) fail("the stream ended");
  if (n < 0 && errno != EAGAIN) die(role == SENDER ? "send" : "recv");
  return n < 0 ? 0 : n;
}

static int stream(const struct options *options, int epoll, enum role counted) {
  struct run run;
  uint64_t bytes = 0, now;
  chunk = calloc(1, options->size);
  start_run(&run, options);
  while (running(&run, now = now_ns())) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, 100);
    for (int e = 0; e < count; e++) {
      enum role role = events[e].data.u64 >> 32;
      size_t moved = move(epoll, role, (int)events[e].data.u64, options->size);
      if (run.counting && role == counted) bytes += moved;
    }
  }
  double seconds = (now - run.begin) / 1e9;
  printf("{\"rate\":%.1f,\"seconds\":%.3f}\n", bytes / seconds / 1e6, seconds);
  return bytes == 0;
}

int send_mode(const struct options *options) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < options->connections; i++) add(epoll, connect_tcp(options, i), SENDER);
  return stream(options, epoll, SENDER);
}

int receive_mode(const struct options *options) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < options->connections; i++) add(epoll, connect_tcp(options, i), SINK);
  return stream(options, epoll, SINK);
}

/* Prints the port that the relay has to lead to, then reads the relay's own from standard input. */
int relay_mode(const struct options *options) {
  struct options relay = *options;
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  int port;
  add(epoll, listen_tcp(&port), LISTENER);
  printf("target %d\n", port);
  fflush(stdout);
  if (scanf("%d", &relay.port) != 1) fail("no port on standard input");
  for (int i = 0; i < options->connections; i++) add(epoll, connect_tcp(&relay, i), SENDER);
  return stream(options, epoll, SINK);
}
