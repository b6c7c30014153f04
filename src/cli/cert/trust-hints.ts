/** How a certificate of an authority gets into the stores of those that are to trust it. It changes none of them. */

/**
 * The commands, for this system first.
 * @param path of the certificate
 * @param fingerprint by which some stores name it
 */
export function trustHints(path: string, fingerprint: string, platform = process.platform): string {
  const file = shellQuote(path);
  const systems: [NodeJS.Platform | 'any', string, string[]][] = [
    ['linux', 'Debian, Ubuntu', debian(file)],
    ['linux', 'Fedora, RHEL', fedora(file)],
    ['linux', 'Arch', [`sudo trust anchor --store ${file}`]],
    ['linux', 'Chromium, Chrome on Linux (certutil is in libnss3-tools or nss-tools)', chromium(file)],
    ['darwin', 'macOS', macos(file, fingerprint)],
    ['win32', 'Windows', [`certutil -user -addstore Root ${file}`]],
    ['any', 'Firefox', firefox(file)],
    ['any', 'one program', programs(file)],
  ];
  const rank = (system: string): number => (system === platform ? 0 : system === 'any' ? 1 : 2);
  const sorted = systems.toSorted(([a], [b]) => rank(a) - rank(b));
  const parts = sorted.map(([, name, lines]) => `${name}:\n${lines.map((line) => `  ${line}\n`).join('')}`);
  return `To have it trusted by\n\n${parts.join('\n')}`;
}

/** Text as one word of a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function debian(file: string): string[] {
  return [`sudo cp ${file} /usr/local/share/ca-certificates/modnet.crt`, 'sudo update-ca-certificates'];
}

function fedora(file: string): string[] {
  return [`sudo cp ${file} /etc/pki/ca-trust/source/anchors/modnet.pem`, 'sudo update-ca-trust'];
}

function chromium(file: string): string[] {
  return [`certutil -d sql:"$HOME/.pki/nssdb" -A -t C,, -n modnet -i ${file}`];
}

function macos(file: string, fingerprint: string): string[] {
  return [
    `security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db ${file}`,
    `# to take it back: security delete-certificate -Z ${fingerprint.replaceAll(':', '')}`,
  ];
}

function firefox(file: string): string[] {
  return [
    'Settings, Privacy & Security, View Certificates, Authorities, Import; or, with its profile closed:',
    `certutil -d sql:PROFILE -A -t C,, -n modnet -i ${file}`,
  ];
}

function programs(file: string): string[] {
  return [
    `curl --cacert ${file} https://localhost:8443/`,
    `NODE_EXTRA_CA_CERTS=${file} node app.js`,
    `SSL_CERT_FILE=${file} python3 app.py`,
  ];
}
