/** A module without a handler. */
export const handler = 1;
