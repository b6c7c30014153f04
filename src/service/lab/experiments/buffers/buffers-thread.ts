/** A thread of the experiment: one side of a connection, pinned to the processor that its environment names. */
import { workerData } from 'node:worker_threads';
import { pinThread } from '../../../../kernel/index.ts';
import { must } from '../shared/sockets.ts';
import { serveTasks } from '../shared/thread.ts';
import { answer, ask } from './dialogue.ts';
import { drain, pour } from './stream.ts';
import type { Done, Task } from './tasks.ts';

const { processor } = workerData as { readonly processor: number | null };
if (processor !== null) must(pinThread(processor), `Cannot keep a thread on processor ${processor}`);

serveTasks((task: Task): Done => {
  switch (task.do) {
    case 'pour':
      return pour(task);
    case 'drain':
      return drain(task);
    case 'ask':
      return ask(task);
    case 'answer':
      return answer(task);
  }
});
