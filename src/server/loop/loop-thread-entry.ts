/** Where a thread of `hybrid` begins: the rest is loaded when its compiled form can be looked up. */
import { useCompileCache } from '../workers/compile-cache.ts';

useCompileCache();
const { runLoopThread } = await import('./loop-thread-worker.ts');
runLoopThread();
