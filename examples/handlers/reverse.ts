/** Answers each line with the same, backwards, and says which worker it was. Every architecture runs it as it is. */
import { drive } from 'modnet/core';
import { lines } from 'modnet/framing';
import type { Handler } from 'modnet/server';

const reverse: Handler = async (connection, { worker }) => {
  await using channel = drive(connection, lines());
  for await (const line of channel) await channel.send(`${[...line].reverse().join('')} ${worker}`);
};

export default reverse;
