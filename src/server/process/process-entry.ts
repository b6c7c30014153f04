/** Where a process of the server begins: the rest is loaded when its compiled form can be looked up. */
import { useCompileCache } from '../workers/compile-cache.ts';

useCompileCache();
const { runProcess } = await import('./process-worker.ts');
runProcess();
