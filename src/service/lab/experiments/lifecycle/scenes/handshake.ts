/** The handshake when it does not run through: held half way, refused, and with oneself. */
import * as k from '../../../../../kernel/index.ts';
import { loopback, must, portOf } from '../../shared/sockets.ts';
import type { Scene } from '../scene.ts';
import type { Stage } from '../stage.ts';

/** Seconds that TCP_DEFER_ACCEPT waits for data; no scene lasts so long. */
const DEFER_SECONDS = 30;

export const synSent: Scene = {
  title: 'SYN-SENT: a server whose queue is full',
  async play(stage) {
    stage.listen(0);
    const first = stage.sockets.tcp();
    k.connect(first, loopback(stage.serverPort));
    stage.client = stage.sockets.tcp();
    await stage.step({
      by: 'client',
      call: 'connect(port)',
      run: () => stage.connect(),
      expect: { client: 'SYN-SENT', server: 'LISTEN', waiting: 1 },
      section: '3.5',
      words:
        'listen(0) holds one connection, and another client has taken that place. The kernel of the server drops the SYN ' +
        'without a word; the client sends it again after a second.',
    });
    await stage.step({
      by: 'client',
      call: 'close()',
      run: () => stage.closeClient(),
      expect: { client: null, server: 'LISTEN', waiting: 1 },
      section: '3.10.4',
      words: 'Nothing has to be told to a peer that never answered: no FIN, no RST.',
    });
  },
};

export const synReceived: Scene = {
  title: 'SYN-RECEIVED: a server that waits for data (TCP_DEFER_ACCEPT)',
  async play(stage) {
    stage.listen(8, (fd) => {
      must(
        k.setsockoptInt(fd, k.IPPROTO_TCP, k.TCP_DEFER_ACCEPT, DEFER_SECONDS),
        'Cannot set TCP_DEFER_ACCEPT',
      );
    });
    stage.client = stage.sockets.tcp();
    await stage.step({
      by: 'client',
      call: 'connect(port)',
      run: () => stage.connect(),
      expect: { client: 'ESTABLISHED', server: 'SYN-RECEIVED', waiting: 0 },
      section: '3.5',
      words:
        'The two sides disagree. The client has its SYN-ACK and may send; the server overlooks a bare ACK and holds no more ' +
        'than the request.',
    });
    await stage.step({
      by: 'server',
      call: 'accept()',
      run: () => stage.accept(),
      expect: { client: 'ESTABLISHED', server: 'SYN-RECEIVED', waiting: 0 },
      words: 'Nothing to accept: the program is not woken for a client that says nothing.',
    });
    await sendAndAccept(stage);
  },
};

async function sendAndAccept(stage: Stage): Promise<void> {
  await stage.step({
    by: 'client',
    call: 'write(5)',
    run: () => k.send(stage.client!, new Uint8Array(5)),
    expect: { client: 'ESTABLISHED', server: 'ESTABLISHED', waiting: 1, serverReads: 5 },
    section: '3.10.7',
    words: 'The segment with the data acknowledges the SYN-ACK as well.',
  });
  await stage.step({
    by: 'server',
    call: 'accept()',
    run: () => stage.accept(),
    isDescriptor: true,
    expect: { client: 'ESTABLISHED', server: 'ESTABLISHED', waiting: 0, serverReads: 5 },
    words: 'A connection whose first data is there already.',
  });
}

export const refused: Scene = {
  title: 'Nobody listens',
  async play(stage) {
    const taken = stage.sockets.tcp();
    must(k.bind(taken, loopback()), 'Cannot bind to 127.0.0.1');
    stage.serverPort = portOf(taken);
    stage.client = stage.sockets.tcp();
    await stage.step({
      by: 'client',
      call: 'connect(port)',
      run: () => stage.connect(),
      expect: { client: 'CLOSED', server: null },
      section: '3.5.2',
      words:
        'The port belongs to a socket that is bound but does not listen. The kernel answers the SYN with RST; the client ' +
        'was in SYN-SENT for so long.',
    });
    await stage.step({
      by: 'client',
      call: 'get SO_ERROR',
      run: () => k.socketError(stage.client!),
      expect: { client: 'CLOSED', server: null },
      section: '3.5.3',
      words: 'How the connect ended. A blocking connect returns this error itself.',
    });
  },
};

export const withItself: Scene = {
  title: 'Simultaneous open: a socket that connects to itself',
  note: 'There is one socket, so there is no server’s side.',
  async play(stage) {
    stage.client = stage.sockets.tcp();
    must(k.bind(stage.client, loopback()), 'Cannot bind to 127.0.0.1');
    stage.serverPort = portOf(stage.client);
    await talkToItself(stage);
    await stage.step({
      by: 'client',
      call: 'shutdown(SHUT_WR)',
      run: () => k.shutdown(stage.client!, k.SHUT_WR),
      expect: { client: 'TIME-WAIT', server: null },
      section: '3.6',
      words:
        'The end is simultaneous as well: FIN-WAIT-1, its own FIN, CLOSING, its own acknowledgement, TIME-WAIT.',
    });
  },
};

async function talkToItself(stage: Stage): Promise<void> {
  await stage.step({
    by: 'client',
    call: 'connect(its own port)',
    run: () => stage.connect(),
    expect: { client: 'ESTABLISHED', server: null },
    section: '3.5',
    words:
      'Its own SYN arrives while it is in SYN-SENT, which is a simultaneous open: SYN-RECEIVED, then ESTABLISHED, without ' +
      'anybody who listens. It happens by accident to clients that try a free port of the local range again and again.',
  });
  await stage.step({
    by: 'client',
    call: 'write(5)',
    run: () => k.send(stage.client!, new Uint8Array(5)),
    expect: { client: 'ESTABLISHED', server: null, clientReads: 5 },
    words: 'What it writes it receives.',
  });
  await stage.step({
    by: 'client',
    call: 'read(4096)',
    run: () => k.read(stage.client!, new Uint8Array(4096)),
    expect: { client: 'ESTABLISHED', server: null, clientReads: 0 },
    words: 'Its own bytes.',
  });
}
