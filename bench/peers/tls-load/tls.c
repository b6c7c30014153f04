/*
 * The modes of the load generator over TLS 1.3, on OpenSSL and non-blocking sockets. echo: messages there and back.
 * send: to a server that discards. receive: from one that writes without end. handshake and resume: connect, shake
 * hands, wait for the first byte of the server, reset; full, or going on with the session of the connection before.
 * Certificates are not verified: that would load this side and not the server.
 */
#include "../load/load.h"
#include <openssl/ssl.h>

enum kind { ECHO, SEND, RECEIVE, HANDSHAKE, RESUME };
struct connection {
  SSL *ssl;
  int fd, open, want;
  size_t got;
  uint64_t sent;
};

static struct latencies latencies;
static const struct options *options;
static enum kind kind;
static SSL_CTX *context;
static SSL_SESSION *session;
static char *out, *in;
static const size_t IN_SIZE = 256 * 1024;
static int epoll;
static uint64_t counted, resumed;
static struct run run;

static void begin(struct connection *c, size_t i) {
  c->sent = now_ns();
  c->fd = connect_tcp(options, i);
  set_nonblocking(c->fd);
  c->ssl = SSL_new(context);
  c->open = 0;
  c->want = EPOLLIN;
  if (kind == RESUME && session != NULL) SSL_set_session(c->ssl, session);
  SSL_set_fd(c->ssl, c->fd);
  SSL_set_connect_state(c->ssl);
  watch(epoll, c->fd, c->want, i, EPOLL_CTL_ADD);
}

/* Of TLS 1.3 a ticket serves once, unless it is asked for without regard to that: what is measured is the server. */
static int on_session(SSL *ssl, SSL_SESSION *fresh) {
  (void)ssl;
  if (session != NULL) SSL_SESSION_free(session);
  session = fresh;
  return 1;
}

/* Whether to go on; otherwise the socket will tell. */
static int may(struct connection *c, size_t i, int result) {
  int error = SSL_get_error(c->ssl, result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
    fprintf(stderr, "load: TLS failed, %d\n", error);
    exit(1);
  }
  int want = kind == SEND || error == SSL_ERROR_WANT_WRITE ? EPOLLIN | EPOLLOUT : EPOLLIN;
  if (want != c->want) watch(epoll, c->fd, c->want = want, i, EPOLL_CTL_MOD);
  return 0;
}

static void again(struct connection *c, size_t i) {
  struct linger reset = {1, 0};
  if (run.counting) {
    counted++;
    resumed += SSL_session_reused(c->ssl);
    record_latency(&latencies, now_ns() - c->sent);
  }
  // Otherwise its session would count as broken.
  SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(c->ssl);
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(c->fd);
  begin(c, i);
  int result = SSL_do_handshake(c->ssl);
  // With what is here already, if the server was that quick, the next event is about.
  if (result != 1) may(c, i, result);
}

static int write_all(struct connection *c, size_t i, size_t size) {
  int n = SSL_write(c->ssl, out, size);
  return n == (int)size ? 1 : may(c, i, n);
}

static void echo_back(struct connection *c, size_t i, int n) {
  for (c->got += n; c->got >= options->size; c->got -= options->size) {
    uint64_t now = now_ns();
    if (run.counting) counted++, record_latency(&latencies, now - c->sent);
    c->sent = now;
    write_all(c, i, options->size);
  }
}

static void turn(struct connection *c, size_t i) {
  if (!c->open) {
    int result = SSL_do_handshake(c->ssl);
    if (result != 1) {
      may(c, i, result);
      return;
    }
    c->open = 1;
    c->sent = kind == ECHO ? now_ns() : c->sent;
    if (kind == ECHO) write_all(c, i, options->size);
    if (kind == SEND) watch(epoll, c->fd, c->want = EPOLLIN | EPOLLOUT, i, EPOLL_CTL_MOD);
  }
  for (int writes = 0; kind == SEND && writes < 4 && write_all(c, i, options->size); writes++)
    if (run.counting) counted += options->size;
  for (int reads = 0; reads < 16; reads++) {
    int n = SSL_read(c->ssl, in, IN_SIZE);
    if (n <= 0) {
      may(c, i, n);
      return;
    }
    if (kind == RECEIVE && run.counting) counted += n;
    if (kind == ECHO) echo_back(c, i, n);
    if (kind >= HANDSHAKE) {
      again(c, i);
      return;
    }
  }
}

static int load(const struct options *given, enum kind asked) {
  options = given;
  kind = asked;
  epoll = epoll_create1(EPOLL_CLOEXEC);
  context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  if (kind == RESUME) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, on_session);
  }
  if (kind == SEND || kind == ECHO) SSL_CTX_clear_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE);
  struct connection *connections = calloc(options->connections, sizeof *connections);
  out = calloc(1, options->size);
  in = malloc(IN_SIZE);
  start_run(&run, options);
  for (int i = 0; i < options->connections; i++) {
    begin(&connections[i], i);
    turn(&connections[i], i);
  }
  uint64_t now;
  while (running(&run, now = now_ns())) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, 100);
    for (int e = 0; e < count; e++) turn(&connections[events[e].data.u64], events[e].data.u64);
  }
  double seconds = (now - run.begin) / 1e9;
  double unit = kind == SEND || kind == RECEIVE ? 1e6 : 1;
  printf("{\"rate\":%.1f,\"p50\":%.0f,\"p99\":%.0f,\"resumed\":%.3f,\"seconds\":%.3f}\n", counted / unit / seconds,
         percentile(&latencies, 0.5), percentile(&latencies, 0.99), counted == 0 ? 0 : (double)resumed / counted,
         seconds);
  return counted == 0;
}

int tls_echo_mode(const struct options *options) { return load(options, ECHO); }
int tls_send_mode(const struct options *options) { return load(options, SEND); }
int tls_receive_mode(const struct options *options) { return load(options, RECEIVE); }
int tls_handshake_mode(const struct options *options) { return load(options, HANDSHAKE); }
int tls_resume_mode(const struct options *options) { return load(options, RESUME); }
