/*
 * Fan-out: `connections` members of one room listen, and `senders` more post lines of `size` bytes. `depth` posts are
 * under way at a time: posted, and not yet delivered to every member. What is counted is lines that members receive;
 * what the senders receive is not.
 */
#include "load.h"

static const uint64_t QUIET = 300 * 1000 * 1000;   /* the greetings are over when nothing came for so long */
static const uint64_t STALL = 3000ull * 1000 * 1000;
static const uint64_t SENDER = 1ull << 32;          /* marks events of a sender's socket */
static char in[256 * 1024];

struct room {
  int epoll;
  int *senders;
  uint64_t posted, delivered;
};

/* Returns the lines that came; the members' own texts never contain a line feed. */
static uint64_t lines_of(int fd) {
  ssize_t n = recv(fd, in, sizeof in, 0);
  if (n == 0) fail("the server dropped a member");
  if (n < 0 && errno == EAGAIN) return 0;
  if (n < 0) die("recv");
  uint64_t lines = 0;
  for (char *at = in; (at = memchr(at, '\n', in + n - at)) != NULL; at++) lines++;
  return lines;
}

static uint64_t collect(struct room *room, int timeout) {
  struct epoll_event events[256];
  int count = epoll_wait(room->epoll, events, 256, timeout);
  uint64_t lines = 0;
  for (int e = 0; e < count; e++) {
    uint64_t came = lines_of((int)events[e].data.u64);
    if (!(events[e].data.u64 & SENDER)) lines += came;
  }
  return lines;
}

static int join(struct room *room, const struct options *options, int number, uint64_t mark) {
  char hello[512];
  int length = snprintf(hello, sizeof hello, options->hello == NULL ? "" : options->hello, number, number);
  int fd = connect_tcp(options, number);
  if (length > 0 && send(fd, hello, length, 0) != length) die("send");
  set_nonblocking(fd);
  watch(room->epoll, fd, EPOLLIN, mark | fd, EPOLL_CTL_ADD);
  /* Every member hears of those that come after it: read along, or the first would be slow readers. */
  while (collect(room, 0) > 0) continue;
  return fd;
}

static void fill(struct room *room, const struct options *options) {
  room->senders = calloc(options->senders, sizeof *room->senders);
  for (int i = 0; i < options->connections; i++) join(room, options, i, 0);
  for (int i = 0; i < options->senders; i++) room->senders[i] = join(room, options, options->connections + i, SENDER);
  for (uint64_t heard = now_ns(); now_ns() - heard < QUIET;)
    if (collect(room, 50) > 0) heard = now_ns();
}

static void post(struct room *room, const struct options *options, const char *line) {
  while (room->posted * options->connections < room->delivered + (uint64_t)options->depth * options->connections) {
    int fd = room->senders[room->posted % options->senders];
    if (send(fd, line, options->size, 0) != (ssize_t)options->size) fail("the server does not take a post");
    room->posted++;
  }
}

int fan_mode(const struct options *options) {
  struct room room = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
  char *line = malloc(options->size);
  memset(line, 'x', options->size);
  line[options->size - 1] = '\n';
  fill(&room, options);
  struct run run;
  start_run(&run, options);
  uint64_t counted = 0, now, heard = now_ns();
  while (running(&run, now = now_ns())) {
    post(&room, options, line);
    uint64_t lines = collect(&room, 100);
    room.delivered += lines;
    if (run.counting) counted += lines;
    if (lines > 0) heard = now;
    if (now - heard > STALL) fail("deliveries stopped");
  }
  double seconds = (now - run.begin) / 1e9;
  uint64_t due = room.posted * options->connections;
  for (heard = now_ns(); room.delivered < due && now_ns() - heard < 1000000000ull;) {
    uint64_t lines = collect(&room, 100);
    room.delivered += lines;
    if (lines > 0) heard = now_ns();
  }
  printf("{\"rate\":%.1f,\"lost\":%ld,\"seconds\":%.3f}\n", counted / seconds, (long)(due - room.delivered), seconds);
  return counted == 0;
}
