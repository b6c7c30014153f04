export type { DatagramCounts } from '../../loop/index.ts';
export { type DatagramReceiver, MAX_PAYLOAD_IPV4, MAX_PAYLOAD_IPV6 } from './port.ts';
export {
  type DatagramSender,
  type DatagramSocket,
  RECEIVE_QUEUE,
  type ReceivedDatagram,
  type SentDatagram,
} from './socket.ts';
export * from './udp.ts';
