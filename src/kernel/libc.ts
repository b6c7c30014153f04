/**
 * The C functions that modnet calls, as TypeScript sees them and as koffi declares them. Libc symbols and not
 * system call numbers, which differ between architectures; all are in glibc and in musl.
 *
 * Counts return as `int`: the kernel moves at most 0x7ffff000 bytes in one call (read(2), NOTES). Addresses
 * are numbers, which is the cheapest argument of all; user bytes are passed as they are and stay pinned
 * during the call. `fcntl` and `ioctl` are variadic in C; with integers that makes no difference to a call on
 * either architecture.
 */
type Fd = number;
/** Of memory, see `addressOf`. 0 is NULL. */
type Address = number;

export interface Libc {
  accept4(fd: Fd, address: Address, length: Address, flags: number): number;
  bind(fd: Fd, address: Address, length: number): number;
  close(fd: Fd): number;
  connect(fd: Fd, address: Address, length: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epfd: Fd, op: number, fd: Fd, event: Address): number;
  epoll_wait(epfd: Fd, events: Address, max: number, timeout: number): number;
  dup3(from: Fd, to: Fd, flags: number): number;
  eventfd(initial: number, flags: number): number;
  fcntl(fd: Fd, command: number, value: number): number;
  ftruncate(fd: Fd, size: number): number;
  getpeername(fd: Fd, address: Address, length: Address): number;
  getsockname(fd: Fd, address: Address, length: Address): number;
  getsockopt(fd: Fd, level: number, name: number, value: Address, length: Address): number;
  if_indextoname(index: number, name: Address): bigint | number | null;
  if_nametoindex(name: string): number;
  ioctl(fd: Fd, request: number, argument: Address): number;
  listen(fd: Fd, backlog: number): number;
  memfd_create(name: string, flags: number): number;
  mmap(at: bigint, size: number, protection: number, flags: number, fd: Fd, offset: number): bigint | number;
  munmap(at: bigint, size: number): number;
  openat2(number: number, directory: Fd, path: string, how: Address, size: number): number;
  pipe2(fds: Address, flags: number): number;
  poll(fds: Address, count: number, timeout: number): number;
  read(fd: Fd, bytes: Uint8Array, length: number): number;
  readAt(fd: Fd, address: Address, length: number): number;
  readv(fd: Fd, vector: Address, count: number): number;
  recv(fd: Fd, bytes: Uint8Array, length: number, flags: number): number;
  recvAt(fd: Fd, address: Address, length: number, flags: number): number;
  recvmmsg(fd: Fd, messages: Address, count: number, flags: number, timeout: Address): number;
  recvmsg(fd: Fd, message: Address, flags: number): number;
  sched_getaffinity(thread: number, size: number, set: Address): number;
  sched_setaffinity(thread: number, size: number, set: Address): number;
  select(count: number, read: Address, write: Address, except: Address, timeout: Address): number;
  send(fd: Fd, bytes: Uint8Array, length: number, flags: number): number;
  sendAt(fd: Fd, address: Address, length: number, flags: number): number;
  sendfile(to: Fd, from: Fd, offset: Address, length: number): number;
  sendmmsg(fd: Fd, messages: Address, count: number, flags: number): number;
  sendmsg(fd: Fd, message: Address, flags: number): number;
  sendto(fd: Fd, bytes: Uint8Array, length: number, flags: number, address: Address, size: number): number;
  setsockopt(fd: Fd, level: number, name: number, value: Address, length: number): number;
  shutdown(fd: Fd, how: number): number;
  sockatmark(fd: Fd): number;
  socket(domain: number, type: number, protocol: number): number;
  socketpair(domain: number, type: number, protocol: number, fds: Address): number;
  splice(from: Fd, fromOffset: Address, to: Fd, toOffset: Address, length: number, flags: number): number;
  write(fd: Fd, bytes: Uint8Array, length: number): number;
  writeAt(fd: Fd, address: Address, length: number): number;
  writev(fd: Fd, vector: Address, count: number): number;
}

export const PROTOTYPES: Readonly<Record<keyof Libc, string>> = {
  accept4: 'int accept4(int, uintptr_t, uintptr_t, int)',
  bind: 'int bind(int, uintptr_t, uint32_t)',
  close: 'int close(int)',
  connect: 'int connect(int, uintptr_t, uint32_t)',
  epoll_create1: 'int epoll_create1(int)',
  epoll_ctl: 'int epoll_ctl(int, int, int, uintptr_t)',
  epoll_wait: 'int epoll_wait(int, uintptr_t, int, int)',
  dup3: 'int dup3(int, int, int)',
  eventfd: 'int eventfd(uint32_t, int)',
  fcntl: 'int fcntl(int, int, int)',
  ftruncate: 'int ftruncate(int, long)',
  getpeername: 'int getpeername(int, uintptr_t, uintptr_t)',
  getsockname: 'int getsockname(int, uintptr_t, uintptr_t)',
  getsockopt: 'int getsockopt(int, int, int, uintptr_t, uintptr_t)',
  if_indextoname: 'uintptr_t if_indextoname(uint32_t, uintptr_t)',
  if_nametoindex: 'uint32_t if_nametoindex(const char *)',
  ioctl: 'int ioctl(int, ulong, uintptr_t)',
  listen: 'int listen(int, int)',
  memfd_create: 'int memfd_create(const char *, uint32_t)',
  mmap: 'uintptr_t mmap(uintptr_t, size_t, int, int, int, long)',
  munmap: 'int munmap(uintptr_t, size_t)',
  openat2: 'int syscall(long, int, const char *, uintptr_t, size_t)',
  pipe2: 'int pipe2(uintptr_t, int)',
  poll: 'int poll(uintptr_t, ulong, int)',
  read: 'int read(int, uint8_t *, size_t)',
  readAt: 'int read(int, uintptr_t, size_t)',
  readv: 'int readv(int, uintptr_t, int)',
  recv: 'int recv(int, uint8_t *, size_t, int)',
  recvAt: 'int recv(int, uintptr_t, size_t, int)',
  recvmmsg: 'int recvmmsg(int, uintptr_t, uint32_t, int, uintptr_t)',
  recvmsg: 'int recvmsg(int, uintptr_t, int)',
  sched_getaffinity: 'int sched_getaffinity(int, size_t, uintptr_t)',
  sched_setaffinity: 'int sched_setaffinity(int, size_t, uintptr_t)',
  select: 'int select(int, uintptr_t, uintptr_t, uintptr_t, uintptr_t)',
  send: 'int send(int, uint8_t *, size_t, int)',
  sendAt: 'int send(int, uintptr_t, size_t, int)',
  sendfile: 'int sendfile(int, int, uintptr_t, size_t)',
  sendmmsg: 'int sendmmsg(int, uintptr_t, uint32_t, int)',
  sendmsg: 'int sendmsg(int, uintptr_t, int)',
  sendto: 'int sendto(int, uint8_t *, size_t, int, uintptr_t, uint32_t)',
  setsockopt: 'int setsockopt(int, int, int, uintptr_t, uint32_t)',
  shutdown: 'int shutdown(int, int)',
  sockatmark: 'int sockatmark(int)',
  socket: 'int socket(int, int, int)',
  socketpair: 'int socketpair(int, int, int, uintptr_t)',
  splice: 'int splice(int, uintptr_t, int, uintptr_t, size_t, uint32_t)',
  write: 'int write(int, uint8_t *, size_t)',
  writeAt: 'int write(int, uintptr_t, size_t)',
  writev: 'int writev(int, uintptr_t, int)',
};
