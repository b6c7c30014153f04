/** Never returns, whatever it is asked. */
export default function hang(): Promise<void> {
  return new Promise(() => {});
}
