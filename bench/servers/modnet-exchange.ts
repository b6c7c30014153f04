/** modnet's exchange with one TCP door, its history in a folder that goes with it: `modnet-exchange.ts DRIVER`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startExchange } from '../../src/service/exchange/index.ts';
import { ready } from './ready.ts';

/** Who measures says more than a person may. */
const UNLIMITED = 1e9;

const data = mkdtempSync(join(tmpdir(), 'modnet-bench-'));
process.on('exit', () => rmSync(data, { recursive: true, force: true }));
const { doors } = await startExchange({
  data,
  doors: ['tcp://127.0.0.1:0'],
  driver: process.argv[2] === 'node' ? 'node' : 'kernel',
  limits: { rate: UNLIMITED, burst: UNLIMITED, addressRate: UNLIMITED, addressBurst: UNLIMITED },
});
const address = doors[0]?.address;
if (address?.kind === 'inet') ready(address.port);
