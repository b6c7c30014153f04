/** The ends that are not orderly. */
import * as k from '../../../../../kernel/index.ts';
import type { Scene } from '../scene.ts';
import type { Stage } from '../stage.ts';

const room = new Uint8Array(4096);

export const unreadData: Scene = {
  title: 'Closing with unread data: a reset',
  async play(stage) {
    await stage.establish();
    await stage.step({
      by: 'client',
      call: 'write(5)',
      run: () => k.send(stage.client!, new Uint8Array(5)),
      expect: { client: 'ESTABLISHED', server: 'ESTABLISHED', serverReads: 5 },
      words: 'Nobody reads them.',
    });
    await stage.step({
      by: 'server',
      call: 'close()',
      run: () => stage.closeServer(),
      expect: { client: 'CLOSED', server: null },
      section: '3.6.1',
      words:
        'close would throw five bytes away, and says so: RST in place of FIN (RFC 1122 section 4.2.2.13). ' +
        'No TIME-WAIT, and what was under way to the client may be lost too.',
    });
    await stage.step({
      by: 'client',
      call: 'read(4096)',
      run: () => k.read(stage.client!, room),
      expect: { client: 'CLOSED', server: null },
      section: '3.5.3',
      words: 'The reset is told once …',
    });
    await stage.step({
      by: 'client',
      call: 'write(1)',
      run: () => k.send(stage.client!, new Uint8Array(1)),
      expect: { client: 'CLOSED', server: null },
      words:
        '… afterwards the connection is simply gone. (A signal SIGPIPE comes with it, unless it is turned off.)',
    });
  },
};

export const lingerZero: Scene = {
  title: 'Closing with SO_LINGER of 0 seconds: a reset on purpose',
  async play(stage) {
    await stage.establish();
    await stage.step({
      by: 'server',
      call: 'write(5)',
      run: () => k.send(stage.server!, new Uint8Array(5)),
      expect: { client: 'ESTABLISHED', server: 'ESTABLISHED', clientReads: 5 },
      words: 'An answer that is under way.',
    });
    await stage.step({
      by: 'server',
      call: 'set SO_LINGER to 0 s',
      run: () => k.setLinger(stage.server!, 0),
      expect: { client: 'ESTABLISHED', server: 'ESTABLISHED' },
      words: 'Changes what close means.',
    });
    await abortServer(stage);
  },
};

async function abortServer(stage: Stage): Promise<void> {
  await stage.step({
    by: 'server',
    call: 'close()',
    run: () => stage.closeServer(),
    expect: { client: 'CLOSED', server: null },
    section: '3.9.1.6',
    words: 'The ABORT of the RFC: RST, nothing left behind on either side, no TIME-WAIT.',
  });
  await stage.step({
    by: 'client',
    call: 'read(4096)',
    run: () => k.read(stage.client!, room),
    expect: { client: 'CLOSED', server: null },
    section: '3.5.3',
    words: (result) =>
      result > 0
        ? 'Linux still hands out what had arrived before the reset. The RFC lets a kernel throw it away, so do not rely on it.'
        : 'What the reset overtook is lost.',
  });
  await stage.step({
    by: 'client',
    call: 'read(4096)',
    run: () => k.read(stage.client!, room),
    expect: { client: 'CLOSED', server: null },
    words: (result) =>
      result < 0
        ? 'Then the reset is told, once.'
        : 'The reset has been told; the socket behaves as if it had ended.',
  });
}
