/** Throws at once, and not by a promise. */
export default function throwing(): Promise<void> {
  throw new Error('thrown on purpose');
}
