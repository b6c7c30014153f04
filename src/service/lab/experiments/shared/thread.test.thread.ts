/** The thread of the test beside it. */
import { serveTasks } from './thread.ts';

serveTasks((task: { readonly double: number }) => {
  if (task.double < 0) throw new Error('negative');
  if (task.double === 0) process.exit(3);
  return task.double * 2;
});
