/** Started by the tests: sends back what it is sent, fails when told to, or starts another of itself and waits. */
import { LabProcess } from './lab-process.ts';

process.on('disconnect', () => process.exit());
process.on('message', (message: { fail?: string }) => {
  if (message.fail !== undefined) throw new Error(message.fail);
  process.send!(message);
});

if (process.argv[2] === 'parent') {
  const onMessage = (): void => console.log(child.pid);
  const child = new LabProcess(new URL(import.meta.url), { name: 'The child', onMessage });
  child.send({ hello: 'child' });
}
