/*
 * Datagram echo: `connections` sockets with `depth` datagrams under way each. Nothing back for STALL means that what
 * is under way is lost: it is counted, and the window filled again under a new epoch, so that a late one is not
 * taken for a new one. Batches (recvmmsg, sendmmsg), so that this side is not the slow one.
 */
#include "load.h"

#define BATCH 32
static const uint64_t STALL = 100 * 1000 * 1000;

struct header {
  uint32_t epoch;
  uint32_t unused;
  uint64_t sent;
};

struct peer {
  int fd;
  int under_way;
  uint32_t epoch;
  uint64_t heard;
};

static struct latencies latencies;
static struct mmsghdr messages[BATCH];
static struct iovec vectors[BATCH];
static uint64_t received, lost;

static void post(struct peer *peer, int count, size_t size) {
  while (count > 0) {
    int batch = count < BATCH ? count : BATCH;
    struct header header = {.epoch = peer->epoch, .sent = now_ns()};
    for (int i = 0; i < batch; i++) {
      memcpy(vectors[i].iov_base, &header, sizeof header);
      vectors[i].iov_len = size;
    }
    int sent = sendmmsg(peer->fd, messages, batch, 0);
    /* A full buffer is a loss like any other: the stall finds it. */
    if (sent < 0 && errno != EAGAIN && errno != ENOBUFS && errno != ECONNREFUSED) die("sendmmsg");
    peer->under_way += batch;
    count -= batch;
  }
}

static int take(struct peer *peer, int counting) {
  for (int i = 0; i < BATCH; i++) vectors[i].iov_len = 65536;
  int count = recvmmsg(peer->fd, messages, BATCH, MSG_DONTWAIT, NULL);
  if (count < 0 && errno != EAGAIN && errno != ECONNREFUSED) die("recvmmsg");
  uint64_t now = now_ns();
  int fresh = 0;
  for (int i = 0; i < count; i++) {
    struct header header;
    memcpy(&header, vectors[i].iov_base, sizeof header);
    if (header.epoch != peer->epoch || messages[i].msg_len < sizeof header) continue;
    if (counting) record_latency(&latencies, now - header.sent);
    fresh++;
  }
  if (counting) received += fresh;
  if (fresh > 0) peer->heard = now;
  peer->under_way -= fresh;
  return fresh;
}

static void refill_stalled(struct peer *peers, const struct options *options, uint64_t now, int counting) {
  for (int i = 0; i < options->connections; i++) {
    if (now - peers[i].heard < STALL) continue;
    if (counting) lost += peers[i].under_way;
    peers[i].under_way = 0;
    peers[i].epoch++;
    peers[i].heard = now;
    post(&peers[i], options->depth, options->size);
  }
}

int udp_mode(const struct options *options) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct peer *peers = calloc(options->connections, sizeof *peers);
  struct sockaddr_in to = loopback(1, options->port);
  if (options->size < sizeof(struct header)) fail("a datagram needs 16 bytes at least");
  for (int i = 0; i < BATCH; i++) {
    vectors[i].iov_base = calloc(1, 65536);
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  struct run run;
  start_run(&run, options);
  for (int i = 0; i < options->connections; i++) {
    peers[i].fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connect(peers[i].fd, (struct sockaddr *)&to, sizeof to) < 0) die("connect");
    watch(epoll, peers[i].fd, EPOLLIN, i, EPOLL_CTL_ADD);
    peers[i].heard = now_ns();
    post(&peers[i], options->depth, options->size);
  }
  uint64_t now;
  while (running(&run, now = now_ns())) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, 20);
    for (int e = 0; e < count; e++) {
      struct peer *peer = &peers[events[e].data.u64];
      post(peer, take(peer, run.counting), options->size);
    }
    refill_stalled(peers, options, now_ns(), run.counting);
  }
  double seconds = (now - run.begin) / 1e9;
  printf("{\"rate\":%.1f,\"lost\":%lu,\"p50\":%.0f,\"p99\":%.0f,\"seconds\":%.3f}\n", received / seconds, lost,
         percentile(&latencies, 0.5), percentile(&latencies, 0.99), seconds);
  return received == 0;
}
