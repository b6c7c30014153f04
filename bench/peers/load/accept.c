/*
 * Accept: `connections` under way at a time; each connects, waits until the server has closed, closes, and the next
 * begins. Several source addresses, because the server closes first and so holds every address pair in TIME-WAIT.
 */
#include "load.h"

static void begin_connection(int epoll, const struct options *options, uint64_t number) {
  int one = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct sockaddr_in from = loopback(2 + number % (options->sources > 0 ? options->sources : 1), 0);
  struct sockaddr_in to = loopback(1, options->port);
  if (fd < 0) die("socket");
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0) die("bind");
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) die("connect");
  watch(epoll, fd, EPOLLIN, fd, EPOLL_CTL_ADD);
}

int accept_mode(const struct options *options) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  uint64_t begun = 0, accepted = 0, reset = 0, now;
  struct run run;
  start_run(&run, options);
  for (int i = 0; i < options->connections; i++) begin_connection(epoll, options, begun++);
  while (running(&run, now = now_ns())) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, 100);
    for (int e = 0; e < count; e++) {
      char byte;
      ssize_t n = recv(events[e].data.fd, &byte, 1, 0);
      if (n < 0 && errno == EAGAIN) continue;
      if (n < 0 && errno != ECONNRESET) die("recv");
      if (n > 0) fail("the server sent something");
      close(events[e].data.fd);
      if (run.counting) accepted++;
      if (run.counting && n < 0) reset++;
      begin_connection(epoll, options, begun++);
    }
  }
  double seconds = (now - run.begin) / 1e9;
  printf("{\"rate\":%.1f,\"reset\":%lu,\"seconds\":%.3f}\n", accepted / seconds, reset, seconds);
  return accepted == 0;
}
