/** From no socket at all to data in both directions. */
import * as k from '../../../../../kernel/index.ts';
import { loopback, portOf } from '../../shared/sockets.ts';
import type { Scene } from '../scene.ts';
import type { Stage } from '../stage.ts';

export const opening: Scene = {
  title: 'Opening, and data both ways',
  note: 'All sockets are non-blocking.',
  async play(stage) {
    await makeListener(stage);
    await connectEarly(stage);
    await exchange(stage);
  },
};

async function makeListener(stage: Stage): Promise<void> {
  await stage.step({
    by: 'server',
    call: 'socket()',
    run: () => {
      stage.listener = stage.sockets.tcp();
      return stage.listener;
    },
    isDescriptor: true,
    expect: { client: null, server: 'CLOSED' },
    section: '3.3.2',
    words: 'A socket is a descriptor and memory; the network knows nothing of it.',
  });
  await stage.step({
    by: 'server',
    call: 'bind(port 0)',
    run: () => {
      const result = k.bind(stage.listener!, loopback());
      stage.serverPort = portOf(stage.listener!);
      return result;
    },
    expect: { client: null, server: 'CLOSED' },
    words: 'It has an address now. Port 0 let the kernel choose a free one. Who connects is still refused.',
  });
  await stage.step({
    by: 'server',
    call: 'listen(8)',
    run: () => k.listen(stage.listener!, 8),
    expect: { client: null, server: 'LISTEN', waiting: 0 },
    section: '3.9.1.1',
    words: 'The passive open. From here on the kernel answers handshakes by itself.',
  });
}

async function connectEarly(stage: Stage): Promise<void> {
  await stage.step({
    by: 'client',
    call: 'socket()',
    run: () => {
      stage.client = stage.sockets.tcp();
      return stage.client;
    },
    isDescriptor: true,
    expect: { client: 'CLOSED', server: 'LISTEN' },
    words: 'The client needs no bind: connect gives it a free port.',
  });
  await stage.step({
    by: 'client',
    call: 'connect(port)',
    run: () => stage.connect(),
    expect: { client: 'ESTABLISHED', server: 'ESTABLISHED', waiting: 1 },
    section: '3.5',
    words:
      'EINPROGRESS is how a non-blocking connect says that it began. SYN, SYN-ACK and ACK have passed between the two ' +
      'kernels: the connection is ESTABLISHED on the server’s side too, although its program has not called accept.',
  });
  await stage.step({
    by: 'client',
    call: 'get SO_ERROR',
    run: () => k.socketError(stage.client!),
    expect: { client: 'ESTABLISHED', server: 'ESTABLISHED' },
    words: 'How a non-blocking connect ended: 0 is success.',
  });
  await stage.step({
    by: 'client',
    call: 'write(5)',
    run: () => k.send(stage.client!, new Uint8Array(5)),
    expect: { client: 'ESTABLISHED', server: 'ESTABLISHED', serverReads: 5 },
    section: '3.9.1.2',
    words: 'Sent, received and kept, all before accept: the receive queue belongs to the kernel.',
  });
  await stage.step({
    by: 'server',
    call: 'accept()',
    run: () => stage.accept(),
    isDescriptor: true,
    expect: { client: 'ESTABLISHED', server: 'ESTABLISHED', waiting: 0, serverReads: 5 },
    words: 'accept sends nothing. It takes a finished connection from the queue and gives it a descriptor.',
  });
}

async function exchange(stage: Stage): Promise<void> {
  const room = new Uint8Array(4096);
  for (const total of [1005, 2005]) {
    await stage.step({
      by: 'client',
      call: 'write(1000)',
      run: () => k.send(stage.client!, new Uint8Array(1000)),
      expect: { client: 'ESTABLISHED', server: 'ESTABLISHED', serverReads: total },
      section: '3.8.6',
      words: 'Nobody reads, so the receive queue grows; the window that the server offers shrinks with it.',
    });
  }
  await stage.step({
    by: 'server',
    call: 'read(4096)',
    run: () => k.read(stage.server!, room),
    expect: { client: 'ESTABLISHED', server: 'ESTABLISHED', serverReads: 0 },
    section: '3.9.1.3',
    words: 'Three writes come out of one read: a stream of bytes keeps no boundaries.',
  });
  await stage.step({
    by: 'server',
    call: 'write(7)',
    run: () => k.send(stage.server!, new Uint8Array(7)),
    expect: { client: 'ESTABLISHED', server: 'ESTABLISHED', clientReads: 7 },
    words: 'The other direction is independent of the first.',
  });
  await stage.step({
    by: 'client',
    call: 'read(4096)',
    run: () => k.read(stage.client!, room),
    expect: { client: 'ESTABLISHED', server: 'ESTABLISHED', clientReads: 0 },
    words: 'The answer.',
  });
}
