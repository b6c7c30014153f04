/** Linux system calls, typed. They retry nothing and hide nothing: a negative result is `-errno`. */
export * from './constants.ts';
export * from './epoll.ts';
export * from './errno.ts';
export * from './eventfd.ts';
export * from './fcntl.ts';
export { addressOf, kernelAvailable, type NodePoll, watchOnNode } from './ffi.ts';
export * from './interface.ts';
export * from './io.ts';
export * from './io-vector.ts';
export { Memory } from './memory.ts';
export * from './pipe.ts';
export * from './sockaddr.ts';
export * from './socket.ts';
export * from './sockopt.ts';
