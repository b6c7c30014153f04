/** The frames of connections, for whoever wants to see streams interleave. Nothing is paid while nobody subscribes. */
import { channel } from 'node:diagnostics_channel';
import type { Connection } from '../../../core/index.ts';
import type { FrameHead } from '../../../protocol/http2/index.ts';

/** Published on `modnet:http2:frame`; `describeFrame` of modnet/protocol/http2 makes a line of it. */
export interface Http2FrameEvent extends FrameHead {
  readonly connection: Connection;
  readonly direction: 'in' | 'out';
}

export const http2Frames = channel('modnet:http2:frame');
