/** A module that is never done loading. */
await new Promise(() => {});

export default async function never(): Promise<void> {}
