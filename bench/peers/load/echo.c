/* Echo: every connection keeps `depth` messages under way and sends the next when one is back. */
#include "load.h"

struct connection {
  int fd;
  int writable;     /* 0: waits for EPOLLOUT */
  size_t unsent;    /* bytes allowed to leave that have not */
  size_t got;       /* bytes of the message that is coming back */
  uint32_t first, last;
  uint64_t *sent;   /* when each message under way left */
};

static struct latencies latencies;
static char *out, *in;
static const size_t IN_SIZE = 256 * 1024;

static void flush(int epoll, struct connection *c, size_t i, size_t limit) {
  while (c->unsent > 0) {
    ssize_t n = send(c->fd, out, c->unsent < limit ? c->unsent : limit, 0);
    if (n < 0 && errno != EAGAIN) die("send");
    if (n < 0) {
      if (c->writable) watch(epoll, c->fd, EPOLLIN | EPOLLOUT, i, EPOLL_CTL_MOD);
      c->writable = 0;
      return;
    }
    c->unsent -= n;
  }
  if (!c->writable) watch(epoll, c->fd, EPOLLIN, i, EPOLL_CTL_MOD);
  c->writable = 1;
}

/* Returns how many messages came back. */
static int collect(struct connection *c, const struct options *options, int counting) {
  ssize_t n = recv(c->fd, in, IN_SIZE, 0);
  if (n == 0) fail("the server closed a connection");
  if (n < 0 && errno == EAGAIN) return 0;
  if (n < 0) die("recv");
  int back = 0;
  uint64_t now = now_ns();
  for (c->got += n; c->got >= options->size; c->got -= options->size) {
    if (c->first == c->last) fail("more came back than was sent");
    if (counting) record_latency(&latencies, now - c->sent[c->first % options->depth]);
    c->first++;
    c->sent[c->last++ % options->depth] = now;
    c->unsent += options->size;
    back++;
  }
  return back;
}

int echo_mode(const struct options *options) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  size_t burst = options->size * options->depth;
  struct connection *connections = calloc(options->connections, sizeof *connections);
  out = calloc(1, burst);
  in = malloc(IN_SIZE);
  memset(out, 'x', burst);
  for (int i = 0; i < options->connections; i++) {
    struct connection *c = &connections[i];
    c->fd = connect_tcp(options, i);
    c->writable = 1;
    c->sent = calloc(options->depth, sizeof *c->sent);
    set_nonblocking(c->fd);
    watch(epoll, c->fd, EPOLLIN, i, EPOLL_CTL_ADD);
  }
  struct run run;
  start_run(&run, options);
  for (int i = 0; i < options->connections; i++) {
    struct connection *c = &connections[i];
    for (int d = 0; d < options->depth; d++) c->sent[c->last++] = now_ns();
    c->unsent = burst;
    flush(epoll, c, i, burst);
  }
  uint64_t messages = 0, now;
  while (running(&run, now = now_ns())) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, 100);
    for (int e = 0; e < count; e++) {
      size_t i = events[e].data.u64;
      int back = events[e].events & ~EPOLLOUT ? collect(&connections[i], options, run.counting) : 0;
      if (run.counting) messages += back;
      if (connections[i].unsent > 0) flush(epoll, &connections[i], i, burst);
    }
  }
  double seconds = (now - run.begin) / 1e9;
  printf("{\"rate\":%.1f,\"p50\":%.0f,\"p99\":%.0f,\"seconds\":%.3f}\n", messages / seconds,
         percentile(&latencies, 0.5), percentile(&latencies, 0.99), seconds);
  return messages == 0;
}
