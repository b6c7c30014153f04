/** The orderly end, begun by either side. */
import * as k from '../../../../../kernel/index.ts';
import { loopback } from '../../shared/sockets.ts';
import type { Scene } from '../scene.ts';
import type { Stage } from '../stage.ts';

const room = new Uint8Array(4096);

export const halfClose: Scene = {
  title: 'Half-close: the client ends first',
  async play(stage) {
    await stage.establish();
    await endClient(stage);
    await answerAll(stage);
    await stage.step({
      by: 'server',
      call: 'close()',
      run: () => stage.closeServer(),
      expect: { client: 'TIME-WAIT', server: null },
      section: '3.6',
      words:
        'The second FIN. The server was in LAST-ACK for as long as the acknowledgement took; then it was done. The client ' +
        'closed first, so the client waits: should its last acknowledgement be lost, somebody must send it again.',
    });
    await stage.step({
      by: 'client',
      call: 'read(4096)',
      run: () => k.read(stage.client!, room),
      expect: { client: 'TIME-WAIT', server: null },
      words: 'The end of the server’s half.',
    });
    await stage.step({
      by: 'client',
      call: 'close()',
      run: () => stage.closeClient(),
      expect: { client: 'TIME-WAIT', server: null },
      section: '3.6',
      words: 'The descriptor goes, TIME-WAIT stays with the kernel: 60 seconds on Linux (tcp(7)).',
    });
  },
};

async function endClient(stage: Stage): Promise<void> {
  await stage.step({
    by: 'client',
    call: 'shutdown(SHUT_WR)',
    run: () => k.shutdown(stage.client!, k.SHUT_WR),
    expect: { client: 'FIN-WAIT-2', server: 'CLOSE-WAIT' },
    section: '3.6.1',
    words:
      'The first FIN, acknowledged by the kernel of the server. The client will send no more, and may still receive.',
  });
  await stage.step({
    by: 'server',
    call: 'read(4096)',
    run: () => k.read(stage.server!, room),
    expect: { client: 'FIN-WAIT-2', server: 'CLOSE-WAIT' },
    words: '0 is the end of what the client sends. Nothing else tells a program that its peer has ended.',
  });
}

async function answerAll(stage: Stage): Promise<void> {
  await stage.step({
    by: 'server',
    call: 'write(5)',
    run: () => k.send(stage.server!, new Uint8Array(5)),
    expect: { client: 'FIN-WAIT-2', server: 'CLOSE-WAIT', clientReads: 5 },
    section: '3.6.1',
    words: 'The half that is open works as before: an answer after the end of the question.',
  });
  await stage.step({
    by: 'client',
    call: 'read(4096)',
    run: () => k.read(stage.client!, room),
    expect: { client: 'FIN-WAIT-2', server: 'CLOSE-WAIT', clientReads: 0 },
    words: 'The answer. CLOSE-WAIT would last for ever if the server forgot to close.',
  });
  await stage.step({
    by: 'client',
    call: 'write(1)',
    run: () => k.send(stage.client!, new Uint8Array(1)),
    expect: { client: 'FIN-WAIT-2', server: 'CLOSE-WAIT' },
    words: 'Whoever ended cannot begin again.',
  });
}

export const serverFirst: Scene = {
  title: 'The server closes first, and its port is still taken',
  note: 'The listening socket had SO_REUSEADDR. A socket in TIME-WAIT inherits it, and both sides of a conflict must have it.',
  async play(stage) {
    await stage.establish((fd) => k.setSocketOptions(fd, 'ipv4', { reuseAddress: true }));
    await closeBoth(stage);
    await bindAgain(stage);
  },
};

async function closeBoth(stage: Stage): Promise<void> {
  await stage.step({
    by: 'server',
    call: 'close()',
    run: () => stage.closeServer(),
    expect: { client: 'CLOSE-WAIT', server: 'FIN-WAIT-2' },
    section: '3.6',
    words:
      'The socket has no descriptor any more, yet the kernel keeps it until the client has ended too, ' +
      'for at most net.ipv4.tcp_fin_timeout.',
  });
  await stage.step({
    by: 'client',
    call: 'read(4096)',
    run: () => k.read(stage.client!, room),
    expect: { client: 'CLOSE-WAIT', server: 'FIN-WAIT-2' },
    words: 'The end.',
  });
  await stage.step({
    by: 'client',
    call: 'close()',
    run: () => stage.closeClient(),
    expect: { client: null, server: 'TIME-WAIT' },
    section: '3.6',
    words:
      'TIME-WAIT is with the side that closed first, here the server. Protocols let clients close first for that reason.',
  });
}

async function bindAgain(stage: Stage): Promise<void> {
  const bindAnew = (reuseAddress: boolean) => {
    const fd = stage.sockets.tcp();
    k.setSocketOptions(fd, 'ipv4', { reuseAddress });
    const result = k.bind(fd, loopback(stage.serverPort));
    stage.sockets.close(fd);
    return result;
  };
  await stage.step({
    by: 'server',
    call: 'close() the listener',
    run: () => stage.closeListener(),
    expect: { client: null, server: 'TIME-WAIT' },
    words: 'The server ends.',
  });
  await stage.step({
    by: 'server',
    call: 'bind(port)',
    run: () => bindAnew(false),
    expect: { client: null, server: 'TIME-WAIT' },
    words: 'Started again, it does not get its port: the connection in TIME-WAIT holds it.',
  });
  await stage.step({
    by: 'server',
    call: 'bind(port), SO_REUSEADDR',
    run: () => bindAnew(true),
    expect: { client: null, server: 'TIME-WAIT' },
    words: 'Which is why every server sets SO_REUSEADDR (socket(7)).',
  });
}
