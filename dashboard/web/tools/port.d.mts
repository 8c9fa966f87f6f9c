/**
 * One of the ports that no system gives out by itself: another program cannot be given it before the server listens, nor
 * between its end and its next start.
 */
export function freePort(): Promise<number>;
