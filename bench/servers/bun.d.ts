/** The part of Bun that its servers here use. */
interface BunSocket {
  data: { held: Uint8Array[] };
  write(data: Uint8Array): number;
  end(): void;
  terminate(): void;
  setNoDelay(on: boolean): void;
}

interface BunUdpSocket {
  readonly port: number;
  send(data: Uint8Array, port: number, address: string): boolean;
}

declare const Bun: {
  gc(force: boolean): void;
  listen(options: {
    hostname: string;
    port: number;
    socket: {
      open(socket: BunSocket): void;
      data(socket: BunSocket, data: Uint8Array): void;
      drain(socket: BunSocket): void;
      close(socket: BunSocket): void;
      error(socket: BunSocket, error: Error): void;
    };
  }): { readonly port: number };
  udpSocket(options: {
    hostname: string;
    port: number;
    socket: { data(socket: BunUdpSocket, data: Uint8Array, port: number, address: string): void };
  }): Promise<BunUdpSocket>;
};
