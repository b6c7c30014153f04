/*
 * WebSocket (RFC 6455), the frames alone: the handshake is sent and its answer is looked at once, and every message is the same
 * text of `size` bytes, so that what comes back is counted by its length.
 *
 * ws-echo: every connection keeps `depth` messages under way and sends the next when one is back.
 * ws-room: `connections` sockets listen and `senders` more post; what one posts reaches all. `depth` posts are under way at a
 * time: posted, and not yet delivered to every listener. What is counted is messages that listeners receive.
 */
#include "load.h"

static const uint64_t STALL = 3000ull * 1000 * 1000;
static const uint64_t SENDER = 1ull << 32; /* marks events of a sender's socket */
static const char REQUEST[] =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
static const unsigned char KEY[4] = {0x37, 0xfa, 0x21, 0x3d};

static char in[256 * 1024];
static struct latencies latencies;

struct connection {
  int fd;
  size_t unsent, got;
  uint32_t first, last;
  uint64_t *sent;
};

/* A final text frame of `size` bytes; returns its length. A client's is masked. */
static size_t head(unsigned char *at, size_t size, int masked) {
  size_t length = 2;
  at[0] = 0x81;
  if (size <= 125) {
    at[1] = size;
  } else if (size <= 65535) {
    at[1] = 126;
    at[2] = size >> 8;
    at[3] = size;
    length = 4;
  } else {
    at[1] = 127;
    for (int i = 0; i < 8; i++) at[2 + i] = (uint64_t)size >> (56 - 8 * i);
    length = 10;
  }
  if (masked) {
    at[1] |= 0x80;
    memcpy(at + length, KEY, sizeof KEY);
    length += sizeof KEY;
  }
  return length;
}

/* `depth` frames one after another; `each` becomes the length of one. */
static char *frames(const struct options *options, size_t *each) {
  unsigned char start[14];
  size_t begin = head(start, options->size, 1);
  *each = begin + options->size;
  char *all = malloc(*each * options->depth);
  for (int d = 0; d < options->depth; d++) {
    char *at = all + d * *each;
    memcpy(at, start, begin);
    for (size_t i = 0; i < options->size; i++) at[begin + i] = 'x' ^ KEY[i & 3];
  }
  return all;
}

static int open_socket(const struct options *options, int number) {
  int fd = connect_tcp(options, number);
  size_t got = 0;
  if (send(fd, REQUEST, sizeof REQUEST - 1, 0) != sizeof REQUEST - 1) die("send");
  do {
    ssize_t n = recv(fd, in + got, 4096 - got, 0);
    if (n <= 0) fail("the server refused the handshake");
    got += n;
    in[got] = 0;
  } while (strstr(in, "\r\n\r\n") == NULL && got < 4096);
  if (strncmp(in, "HTTP/1.1 101 ", 13) != 0) fail("the server refused the handshake");
  set_nonblocking(fd);
  return fd;
}

static ssize_t receive(int fd) {
  ssize_t n = recv(fd, in, sizeof in, 0);
  if (n == 0) fail("the server closed a connection");
  if (n < 0 && errno != EAGAIN) die("recv");
  return n < 0 ? 0 : n;
}

static int echoed(struct connection *c, const struct options *options, size_t frame, int counting) {
  int back = 0;
  uint64_t now = now_ns();
  for (c->got += receive(c->fd); c->got >= frame; c->got -= frame) {
    if (counting) record_latency(&latencies, now - c->sent[c->first % options->depth]);
    c->first++;
    c->sent[c->last++ % options->depth] = now;
    back++;
  }
  return back;
}

static void post(int fd, const char *bytes, size_t length) {
  if (send(fd, bytes, length, 0) != (ssize_t)length) fail("the server does not take a message");
}

int ws_echo_mode(const struct options *options) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  unsigned char start[14];
  size_t each, frame = head(start, options->size, 0) + options->size;
  char *out = frames(options, &each);
  struct connection *connections = calloc(options->connections, sizeof *connections);
  for (int i = 0; i < options->connections; i++) {
    connections[i].fd = open_socket(options, i);
    connections[i].sent = calloc(options->depth, sizeof(uint64_t));
    watch(epoll, connections[i].fd, EPOLLIN, i, EPOLL_CTL_ADD);
  }
  struct run run;
  start_run(&run, options);
  for (int i = 0; i < options->connections; i++) {
    for (int d = 0; d < options->depth; d++) connections[i].sent[connections[i].last++] = now_ns();
    post(connections[i].fd, out, each * options->depth);
  }
  uint64_t messages = 0, now;
  while (running(&run, now = now_ns())) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, 100);
    for (int e = 0; e < count; e++) {
      struct connection *c = &connections[events[e].data.u64];
      int back = echoed(c, options, frame, run.counting);
      if (back > 0) post(c->fd, out, each * back);
      if (run.counting) messages += back;
    }
  }
  double seconds = (now - run.begin) / 1e9;
  printf("{\"rate\":%.1f,\"p50\":%.0f,\"p99\":%.0f,\"seconds\":%.3f}\n", messages / seconds,
         percentile(&latencies, 0.5), percentile(&latencies, 0.99), seconds);
  return messages == 0;
}

/* Bytes that listeners received. */
static uint64_t heard(int epoll, int timeout) {
  struct epoll_event events[256];
  int count = epoll_wait(epoll, events, 256, timeout);
  uint64_t bytes = 0;
  for (int e = 0; e < count; e++) {
    uint64_t came = receive((int)events[e].data.u64);
    if (!(events[e].data.u64 & SENDER)) bytes += came;
  }
  return bytes;
}

int ws_room_mode(const struct options *options) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  unsigned char start[14];
  size_t each, frame = head(start, options->size, 0) + options->size;
  char *out = frames(options, &each);
  int *senders = calloc(options->senders, sizeof *senders);
  for (int i = 0; i < options->connections; i++) {
    int fd = open_socket(options, i);
    watch(epoll, fd, EPOLLIN, fd, EPOLL_CTL_ADD);
  }
  for (int i = 0; i < options->senders; i++) {
    senders[i] = open_socket(options, options->connections + i);
    watch(epoll, senders[i], EPOLLIN, SENDER | senders[i], EPOLL_CTL_ADD);
  }
  struct run run;
  start_run(&run, options);
  uint64_t posted = 0, bytes = 0, counted = 0, now, last = now_ns();
  uint64_t round = (uint64_t)options->connections * frame;
  while (running(&run, now = now_ns())) {
    for (; posted * round < bytes + options->depth * round; posted++) post(senders[posted % options->senders], out, each);
    uint64_t came = heard(epoll, 100);
    bytes += came;
    if (run.counting) counted += came;
    if (came > 0) last = now;
    if (now - last > STALL) fail("deliveries stopped");
  }
  double seconds = (now - run.begin) / 1e9;
  for (last = now_ns(); bytes < posted * round && now_ns() - last < 1000000000ull;) {
    uint64_t came = heard(epoll, 100);
    bytes += came;
    if (came > 0) last = now_ns();
  }
  printf("{\"rate\":%.1f,\"lost\":%ld,\"seconds\":%.3f}\n", counted / (double)frame / seconds,
         (long)((posted * round - bytes) / frame), seconds);
  return counted == 0;
}
