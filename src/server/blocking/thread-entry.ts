/** Where a thread of `thread` begins: the rest is loaded when its compiled form can be looked up. */
import { useCompileCache } from '../workers/compile-cache.ts';

useCompileCache();
const { runThread } = await import('./thread-worker.ts');
await runThread();
