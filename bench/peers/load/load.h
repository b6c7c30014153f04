/* The load generator: one process, one thread, one epoll loop per mode. What every mode shares is here. */
#ifndef LOAD_H
#define LOAD_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct options {
  int port;
  int connections;
  size_t size;      /* bytes of one message or one write */
  int depth;        /* messages under way per connection */
  double warmup;    /* seconds that are not counted */
  double seconds;   /* seconds that are */
  int sources;      /* addresses 127.0.0.2 and up that connections come from; 0 leaves it to the system */
  const char *hello; /* fan: what a member says first; %d is its number */
  int senders;      /* fan: how many connections post, besides the members */
  int pid;          /* accept: the server */
};

typedef int mode(const struct options *options);
mode echo_mode, send_mode, receive_mode, relay_mode, udp_mode, accept_mode, idle_mode, fan_mode,
    ws_echo_mode, ws_room_mode;

/* Latencies by the microsecond; what is longer than the table counts as the last entry. */
#define LATENCY_LIMIT 65536
struct latencies {
  uint32_t count[LATENCY_LIMIT];
  uint64_t total;
};
void record_latency(struct latencies *latencies, uint64_t ns);
double percentile(const struct latencies *latencies, double share);

/* The two phases of a run. `phase` returns false when it is over; the harness hears when counting begins. */
struct run {
  uint64_t begin, end;
  int counting;
};
void start_run(struct run *run, const struct options *options);
int running(struct run *run, uint64_t now);

uint64_t now_ns(void);
void die(const char *what);
void fail(const char *what);
void set_nonblocking(int fd);
/* A connected blocking socket with TCP_NODELAY; `number` chooses the source address when there are several. */
int connect_tcp(const struct options *options, int number);
int listen_tcp(int *port);
void watch(int epoll, int fd, uint32_t events, uint64_t data, int operation);
struct sockaddr_in loopback(int host, int port);

/* Only of the program that is built with OpenSSL (MODNET_TLS). */
mode tls_echo_mode, tls_send_mode, tls_receive_mode, tls_handshake_mode, tls_resume_mode;

#endif
