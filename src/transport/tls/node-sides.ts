/** Both sides of TLS by `node:tls`. */
import { constants } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, connect, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { NetError } from '../../core/error.ts';
import type { CipherStream } from './cipher-stream.ts';
import { Credentials } from './credentials.ts';
import { type Failure, tlsError } from './failure.ts';
import { keyLogger } from './key-log.ts';
import { clientMaterial, type Material } from './material.ts';
import { type NodeRole, NodeTlsWire } from './node-wire.ts';
import type { TlsDetails, TlsOptions, TlsVersion } from './options.ts';
import { Sessions } from './sessions.ts';
import type { ClientSide, ServerSide, ServerSideOptions } from './sides.ts';

/** @throws NetError for options or files that will not do */
export function nodeClient(tls: TlsOptions): ClientSide {
  const material = clientMaterial(tls);
  const context = nodeContext(material);
  const sessions = material.resumption ? new Sessions() : undefined;
  const shared: ClientShared = { material, context, sessions };
  return {
    wrap: (connection, peer, serverName) =>
      new NodeTlsWire(connection, new NodeClientRole(peer, serverName, shared)),
  };
}

/** @throws NetError for options or files that will not do */
export function nodeServer({ tls, clock, onTrouble }: ServerSideOptions): ServerSide {
  const credentials = new Credentials({ tls, clock, onTrouble, make: nodeContext });
  return {
    wrap: (connection, peer) => new NodeTlsWire(connection, new NodeServerRole(peer, credentials, tls)),
    reload: () => credentials.reload(),
  };
}

function nodeContext(material: Material): SecureContext {
  const { identity, authorities, cipherList, cipherSuites, minVersion, maxVersion, ticketKeys } = material;
  try {
    return createSecureContext({
      minVersion,
      maxVersion,
      ciphers: [cipherSuites, cipherList].filter((list) => list !== '').join(':'),
      honorCipherOrder: true,
      sessionIdContext: 'modnet',
      secureOptions:
        constants.SSL_OP_NO_RENEGOTIATION | (material.resumption ? 0 : constants.SSL_OP_NO_TICKET),
      ...(ticketKeys === undefined ? {} : { ticketKeys: nodeTicketKeys(ticketKeys) }),
      ...(authorities === undefined ? {} : { ca: authorities.map((one) => one.toString()) }),
      ...(identity === undefined
        ? {}
        : {
            cert: identity.chain.map((one) => one.toString()).join(''),
            key: identity.key.export({ type: 'pkcs8', format: 'pem' }),
          }),
    });
  } catch (cause) {
    throw new NetError('protocol', `OpenSSL refuses the options of TLS: ${(cause as Error).message}`, {
      fault: 'local',
      cause,
    });
  }
}

const REFUSED = { reason: 'CERTIFICATE_VERIFY_FAILED' };

/** Node takes shorter keys: 16 bytes of each. */
function nodeTicketKeys(keys: Uint8Array): Buffer {
  return Buffer.concat([keys.subarray(0, 32), keys.subarray(48, 64)]);
}

interface ClientShared {
  readonly material: Material;
  readonly context: SecureContext;
  readonly sessions: Sessions | undefined;
}

class NodeClientRole implements NodeRole {
  readonly isServer = false;
  readonly event = 'secureConnect';
  readonly #peer: string;
  readonly #serverName: string;
  readonly #shared: ClientShared;

  constructor(peer: string, serverName: string, shared: ClientShared) {
    this.#peer = peer;
    this.#serverName = serverName;
    this.#shared = shared;
  }

  open(stream: CipherStream): TLSSocket {
    const { material, context, sessions } = this.#shared;
    const name = `${this.#serverName} ${this.#peer}`;
    const session = sessions?.take(name);
    const socket = connect({
      socket: stream,
      secureContext: context,
      ...(isIP(this.#serverName) === 0 ? { servername: this.#serverName } : {}),
      // Node would ask for the name of the socket, which has none.
      checkServerIdentity: (_host, certificate) => checkServerIdentity(this.#serverName, certificate),
      // Judged in `details`: by the time that Node tells of a refusal, the certificate is gone.
      rejectUnauthorized: false,
      ALPNProtocols: [...material.alpn],
      ...(session === undefined ? {} : { session: Buffer.from(session) }),
    });
    socket.on('session', (fresh) => sessions?.put(name, fresh));
    logKeys(socket, material.keyLog);
    return socket;
  }

  details(socket: TLSSocket): TlsDetails {
    // A string, whatever its type says.
    const code = socket.authorizationError as unknown as string | null | undefined;
    const problem = code == null ? undefined : Object.assign(new Error(code), { code });
    if (problem !== undefined && this.#shared.material.verify !== 'none') {
      const certificate = socket.getPeerX509Certificate();
      throw this.error(
        { ...REFUSED, verifyCode: code!, verifyText: code!, certificate, cause: problem },
        false,
      );
    }
    return detailsOf(socket, this.#serverName, socket.authorized, problem);
  }

  error(failure: Failure, isSecured: boolean): NetError {
    return tlsError(failure, {
      what: what(this.#peer, isSecured),
      isServer: false,
      serverName: this.#serverName,
      alpn: this.#shared.material.alpn,
    });
  }
}

class NodeServerRole implements NodeRole {
  readonly isServer = true;
  readonly event = 'secure';
  readonly #peer: () => string;
  readonly #credentials: Credentials<SecureContext>;
  readonly #options: TlsOptions;

  constructor(peer: () => string, credentials: Credentials<SecureContext>, options: TlsOptions) {
    this.#peer = peer;
    this.#credentials = credentials;
    this.#options = options;
  }

  open(stream: CipherStream): TLSSocket {
    const socket = new TLSSocket(stream, {
      isServer: true,
      secureContext: this.#credentials.find(undefined),
      SNICallback: (name, done) => done(null, this.#credentials.find(name.toLowerCase())),
      ALPNProtocols: [...(this.#options.alpn ?? [])],
      requestCert: this.#verify !== 'none',
      rejectUnauthorized: this.#verify === 'require',
    });
    logKeys(socket, this.#options.keyLog);
    return socket;
  }

  details(socket: TLSSocket, serverName: string | undefined): TlsDetails {
    const problem = this.#verify === 'none' ? undefined : verifyProblem(socket);
    const certificate = this.#verify === 'none' ? undefined : socket.getPeerX509Certificate();
    if (this.#verify === 'require' && problem !== undefined) {
      const { code, message } = problem;
      const verified = { verifyCode: code, verifyText: message, certificate, cause: problem };
      throw this.error({ ...REFUSED, ...verified }, false);
    }
    const isGood = certificate !== undefined && problem === undefined;
    return detailsOf(socket, serverName, isGood, certificate === undefined ? undefined : problem);
  }

  error(failure: Failure, isSecured: boolean): NetError {
    const alpn = this.#options.alpn ?? [];
    return tlsError(failure, { what: what(this.#peer(), isSecured), isServer: true, alpn });
  }

  get #verify(): 'none' | 'request' | 'require' {
    const asked = this.#options.clientCertificate ?? 'none';
    return asked === 'require' && this.#options.insecure ? 'request' : asked;
  }
}

/** Of a client's certificate. `tls.Server` asks its sockets the same; for sockets of one's own there is no other way. */
function verifyProblem(socket: TLSSocket): (Error & { code?: string }) | undefined {
  const { _handle: handle } = socket as unknown as { _handle?: { verifyError?(): Error | null } };
  if (handle?.verifyError === undefined) return new Error('Node does not tell what it found');
  return handle.verifyError() ?? undefined;
}

function detailsOf(
  socket: TLSSocket,
  serverName: string | undefined,
  authorized: boolean,
  problem: Error | undefined,
): TlsDetails {
  const { alpnProtocol } = socket;
  return {
    protocol: socket.getProtocol() as TlsVersion,
    cipher: socket.getCipher().standardName,
    alpn: typeof alpnProtocol === 'string' && alpnProtocol !== '' ? alpnProtocol : undefined,
    serverName,
    resumed: socket.isSessionReused(),
    authorized,
    authorizationError: problem,
    get peerCertificate() {
      return socket.getPeerX509Certificate();
    },
  };
}

function logKeys(socket: TLSSocket, path: string | undefined): void {
  if (path === undefined) return;
  const write = keyLogger(path);
  socket.on('keylog', (line: Buffer) => write(line.toString('latin1').trimEnd()));
}

function what(peer: string, isSecured: boolean): string {
  return isSecured ? `The TLS connection with ${peer} was lost` : `The TLS handshake with ${peer} failed`;
}
