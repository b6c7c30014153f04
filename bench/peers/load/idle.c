/*
 * Idle: opens `connections`, has one message echoed on each, which proves that the server serves it, says so, and
 * holds them until standard input ends.
 */
#include "load.h"

int idle_mode(const struct options *options) {
  char message[64] = "a message on a connection that will be idle from here on", back[64];
  int *fds = calloc(options->connections, sizeof *fds);
  struct timeval patience = {.tv_sec = 10};
  for (int i = 0; i < options->connections; i++) {
    fds[i] = connect_tcp(options, i);
    setsockopt(fds[i], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (send(fds[i], message, sizeof message, 0) != sizeof message) die("send");
  }
  for (int i = 0; i < options->connections; i++)
    if (recv(fds[i], back, sizeof back, MSG_WAITALL) != sizeof back) die("recv");
  printf("held %d\n", options->connections);
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
}
