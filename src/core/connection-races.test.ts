/** Orders of events that are rare in the wild: attaching, pausing, closing and failing in the middle of one another. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../testing/fake-clock.ts';
import { linkedPair } from '../testing/linked-pair.ts';
import { namedAddress } from './address.ts';
import { CLOSE_GRACE, READ_AHEAD, WireConnection } from './connection.ts';
import type { Bytes, Receiver, Wire } from './contract.ts';
import { drive } from './drive.ts';
import { NetError } from './error.ts';

const endpoints = { local: namedAddress('memory', 'near'), remote: namedAddress('memory', 'far') };
