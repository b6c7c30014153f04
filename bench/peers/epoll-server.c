/*
 * The C peer: what a plain server on epoll costs. One thread, level-triggered, one recv and one send per event.
 * Modes: echo, discard, source (writes without end), accept (closes at once), udp (recvfrom and sendto, blocking).
 * Listens on a free port of 127.0.0.1 and prints `ready PORT`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum mode { ECHO, DISCARD, SOURCE, ACCEPT, UDP };
static const char *const MODES[] = {"echo", "discard", "source", "accept", "udp"};

static char buffer[64 * 1024];

struct connection {
  int fd;
  char *held;      /* what the peer did not take yet; nothing more is read until it has */
  size_t length, sent;
};

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int bound_socket(int type) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0) die("bind");
  if ((type & SOCK_STREAM) && listen(fd, 4096) < 0) die("listen");
  getsockname(fd, (struct sockaddr *)&address, &length);
  printf("ready %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static void watch(int epoll, struct connection *c, unsigned events, int operation) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(epoll, operation, c->fd, &event) < 0) die("epoll_ctl");
}

static void drop(struct connection *c) {
  close(c->fd);
  free(c->held);
  free(c);
}

static void accept_all(int epoll, int listener, enum mode mode) {
  for (;;) {
    int one = 1;
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (mode == ACCEPT) {
      close(fd);
      continue;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct connection *c = calloc(1, sizeof *c);
    c->fd = fd;
    watch(epoll, c, mode == SOURCE ? EPOLLOUT : EPOLLIN, EPOLL_CTL_ADD);
  }
}

static void hold(int epoll, struct connection *c, size_t from, size_t length) {
  c->held = malloc(length - from);
  memcpy(c->held, buffer + from, length - from);
  c->length = length - from;
  c->sent = 0;
  watch(epoll, c, EPOLLOUT, EPOLL_CTL_MOD);
}

static void echo(int epoll, struct connection *c) {
  ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return drop(c);
  ssize_t sent = send(c->fd, buffer, n, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return drop(c);
  if (sent < n) hold(epoll, c, sent < 0 ? 0 : sent, n);
}

static void echo_held(int epoll, struct connection *c) {
  ssize_t n = send(c->fd, c->held + c->sent, c->length - c->sent, MSG_NOSIGNAL);
  if (n < 0 && errno == EAGAIN) return;
  if (n < 0) return drop(c);
  c->sent += n;
  if (c->sent < c->length) return;
  free(c->held);
  c->held = NULL;
  watch(epoll, c, EPOLLIN, EPOLL_CTL_MOD);
}

static void discard(struct connection *c) {
  ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
  if (n == 0 || (n < 0 && errno != EAGAIN)) drop(c);
}

static void source(struct connection *c) {
  ssize_t n = send(c->fd, buffer, sizeof buffer, MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN) drop(c);
}

static void serve_udp(int fd) {
  for (;;) {
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t n = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &length);
    if (n >= 0) sendto(fd, buffer, n, 0, (struct sockaddr *)&from, length);
  }
}

int main(int argc, char **argv) {
  enum mode mode = 0;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  while (argc > 1 && mode <= UDP && strcmp(argv[1], MODES[mode]) != 0) mode++;
  if (argc < 2 || mode > UDP) {
    fprintf(stderr, "usage: epoll-server echo|discard|source|accept|udp\n");
    return 2;
  }
  if (mode == UDP) serve_udp(bound_socket(SOCK_DGRAM));
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct connection listener = {.fd = bound_socket(SOCK_STREAM | SOCK_NONBLOCK)};
  watch(epoll, &listener, EPOLLIN, EPOLL_CTL_ADD);
  for (;;) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, -1);
    for (int e = 0; e < count; e++) {
      struct connection *c = events[e].data.ptr;
      if (c == &listener) accept_all(epoll, listener.fd, mode);
      else if (mode == DISCARD) discard(c);
      else if (mode == SOURCE) source(c);
      else if (c->held != NULL) echo_held(epoll, c);
      else echo(epoll, c);
    }
  }
}
