import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../core/address.ts';
import { splitOptions } from './address-options.ts';

const split = (text: string, given = {}) => splitOptions(parseAddress(text), given);

test('options of TLS are taken out, and those of the socket left', () => {
  const { tls, others } = split(
    'tls://host:443?ca=/a.pem&cert=/c.pem&key=/k.pem&servername=x.test&insecure&alpn=h2,http/1.1&nodelay=off&minversion=1.3&clientcert=require&resumption=off',
  );
  assert.deepEqual(tls, {
    ca: '/a.pem',
    cert: '/c.pem',
    key: '/k.pem',
    serverName: 'x.test',
    insecure: true,
    alpn: ['h2', 'http/1.1'],
    minVersion: 'TLSv1.3',
    clientCertificate: 'require',
    resumption: false,
  });
  assert.deepEqual(others, { nodelay: 'off' });
});

test('what is given in code goes before the address, unless it is undefined', () => {
  const { tls } = split('tls://host:443?ca=/a.pem&insecure', { ca: '/b.pem', insecure: undefined });
  assert.deepEqual(tls, { ca: '/b.pem', insecure: true });
});

test('a wrong value names the option and what it takes', () => {
  const says = (text: string, words: RegExp) =>
    assert.throws(
      () => split(text),
      (error: Error) => {
        assert.ok(error.message.startsWith(`Bad address "${text}": `), error.message);
        assert.match(error.message, words);
        return true;
      },
    );
  says('tls://host:443?minversion=1.1', /option minversion is "1.1"; it takes 1.2 or 1.3/);
  says('tls://host:443?insecure=perhaps', /it takes on or off/);
  says('tls://host:443?ca', /option ca is ""; it takes the path of a file/);
  says(
    'tls://host:443?nosuch=1',
    /No option is named "nosuch"; there are .*nodelay.*; and those of TLS: ca, cert/,
  );
});
