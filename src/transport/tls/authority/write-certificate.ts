/** Puts an issued certificate and its key where a server looks for them. */
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { NetError } from '../../../core/error.ts';
import type { IssuedCertificate } from './issue.ts';
import { createPrivateFile, replaceFile } from './private-file.ts';

export interface CertificateFiles {
  /** Where the certificate lies; everybody may read it. */
  readonly certificate: string;
  /** Where the key lies; its owner alone may read it. */
  readonly key: string;
}

/**
 * Writes `NAME.pem` and `NAME-key.pem` into the directory, which is made when it is not there.
 * @param options `force` replaces files that are there
 * @throws NetError `refused` when one of them is there already; then nothing is written
 */
export async function writeCertificate(
  issued: IssuedCertificate,
  directory: string,
  name: string,
  options: { readonly force?: boolean | undefined } = {},
): Promise<CertificateFiles> {
  const files = certificateFiles(directory, name);
  if (!options.force) await refuseExisting(files);
  if (options.force) await replaceFile(files.key, issued.key);
  else if (!(await createPrivateFile(files.key, issued.key))) throw exists(files.key);
  await replaceFile(files.certificate, issued.cert, 0o644);
  return files;
}

/** Where `writeCertificate` puts them. */
export function certificateFiles(directory: string, name: string): CertificateFiles {
  const path = resolve(directory);
  return { certificate: join(path, `${name}.pem`), key: join(path, `${name}-key.pem`) };
}

/** @throws NetError `refused` for the first that is there */
export async function refuseExisting(files: CertificateFiles): Promise<void> {
  for (const path of [files.certificate, files.key]) if (await isThere(path)) throw exists(path);
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function exists(path: string): NetError {
  return new NetError('refused', `${path} is there already; force replaces it`, {
    errno: 'EEXIST',
  });
}
