/* The load generator's command line, and what its modes share. */
#include "load.h"
#include <getopt.h>
#include <sys/prctl.h>
#include <signal.h>

static const struct {
  const char *name;
  mode *run;
} MODES[] = {
    {"echo", echo_mode}, {"send", send_mode},     {"receive", receive_mode}, {"relay", relay_mode},
    {"udp", udp_mode},   {"accept", accept_mode}, {"idle", idle_mode},       {"fan", fan_mode},
    {"ws-echo", ws_echo_mode}, {"ws-room", ws_room_mode},
#ifdef MODNET_TLS
    {"tls-echo", tls_echo_mode}, {"tls-send", tls_send_mode}, {"tls-receive", tls_receive_mode},
    {"tls-handshake", tls_handshake_mode}, {"tls-resume", tls_resume_mode},
#endif
};

static const struct option FLAGS[] = {
    {"port", required_argument, 0, 'p'},   {"connections", required_argument, 0, 'c'},
    {"size", required_argument, 0, 's'},   {"depth", required_argument, 0, 'd'},
    {"warmup", required_argument, 0, 'w'}, {"seconds", required_argument, 0, 't'},
    {"hello", required_argument, 0, 'h'},  {"sources", required_argument, 0, 'a'},
    {"senders", required_argument, 0, 'n'}, {"pid", required_argument, 0, 'i'},
    {0, 0, 0, 0},
};

int main(int argc, char **argv) {
  struct options options = {.connections = 1, .size = 64, .depth = 1, .warmup = 0.5, .seconds = 1, .senders = 1};
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGPIPE, SIG_IGN);
  for (int flag; (flag = getopt_long(argc, argv, "", FLAGS, NULL)) != -1;) {
    switch (flag) {
    case 'p': options.port = atoi(optarg); break;
    case 'c': options.connections = atoi(optarg); break;
    case 's': options.size = strtoul(optarg, NULL, 10); break;
    case 'd': options.depth = atoi(optarg); break;
    case 'w': options.warmup = atof(optarg); break;
    case 't': options.seconds = atof(optarg); break;
    case 'h': options.hello = optarg; break;
    case 'a': options.sources = atoi(optarg); break;
    case 'n': options.senders = atoi(optarg); break;
    case 'i': options.pid = atoi(optarg); break;
    default: return 2;
    }
  }
  for (size_t i = 0; optind < argc && i < sizeof MODES / sizeof *MODES; i++)
    if (strcmp(argv[optind], MODES[i].name) == 0) return MODES[i].run(&options);
  fprintf(stderr, "usage: load echo|send|receive|relay|udp|accept|idle|fan|ws-echo|ws-room --port N ...\n");
  return 2;
}

void record_latency(struct latencies *latencies, uint64_t ns) {
  uint64_t us = ns / 1000;
  latencies->count[us < LATENCY_LIMIT ? us : LATENCY_LIMIT - 1]++;
  latencies->total++;
}

double percentile(const struct latencies *latencies, double share) {
  uint64_t below = 0;
  for (int us = 0; us < LATENCY_LIMIT; us++) {
    below += latencies->count[us];
    if (below > share * latencies->total) return us;
  }
  return 0;
}

void start_run(struct run *run, const struct options *options) {
  run->begin = now_ns() + options->warmup * 1e9;
  run->end = run->begin + options->seconds * 1e9;
  run->counting = 0;
}

int running(struct run *run, uint64_t now) {
  if (!run->counting && now >= run->begin) {
    run->counting = 1;
    run->end += now - run->begin;
    run->begin = now;
    printf("begin\n");
    fflush(stdout);
  }
  return now < run->end;
}

uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

void fail(const char *what) {
  fprintf(stderr, "load: %s\n", what);
  exit(1);
}

void set_nonblocking(int fd) {
  if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0) die("fcntl");
}

struct sockaddr_in loopback(int host, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(0x7f000000 | host);
  return address;
}

int connect_tcp(const struct options *options, int number) {
  int one = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (options->sources > 0) {
    struct sockaddr_in from = loopback(2 + number % options->sources, 0);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0) die("bind");
  }
  struct sockaddr_in to = loopback(1, options->port);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) die("connect");
  return fd;
}

int listen_tcp(int *port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = loopback(1, 0);
  socklen_t length = sizeof address;
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, 1024) < 0) die("listen");
  getsockname(fd, (struct sockaddr *)&address, &length);
  *port = ntohs(address.sin_port);
  return fd;
}

void watch(int epoll, int fd, uint32_t events, uint64_t data, int operation) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  if (epoll_ctl(epoll, operation, fd, &event) < 0) die("epoll_ctl");
}
