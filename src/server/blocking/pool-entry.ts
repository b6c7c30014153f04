/** Where a thread of `pool` begins: the rest is loaded when its compiled form can be looked up. */
import { useCompileCache } from '../workers/compile-cache.ts';

useCompileCache();
const { runPool } = await import('./pool-worker.ts');
await runPool();
