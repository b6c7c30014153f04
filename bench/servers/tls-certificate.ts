/** The certificate that all servers over TLS show: one file with its key. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Beside the compiled programs. */
export const TLS_CERTIFICATE: string = join(import.meta.dirname, '../.build/tls.pem');

/** From an authority that is thrown away: the load does not verify. */
export async function replaceCertificate(): Promise<void> {
  // Not at the top: servers on Bun only want the path.
  const { LocalAuthority } = await import('../../src/transport/tls/authority/index.ts');
  const directory = mkdtempSync(join(tmpdir(), 'modnet-bench-'));
  try {
    const authority = await LocalAuthority.open(directory);
    const { cert, key } = await authority.issue({ names: ['localhost', '127.0.0.1'] });
    writeFileSync(TLS_CERTIFICATE, key + cert);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
