const askAfter = 1000; // ms without a note until the leader is asked whether it is there
const answerWithin = 1000; // ms for its answer: a tab needs a few, and handing over may take 3 s with the connection
const late = 500; // ms by which a timer may be late before it proves that this tab has slept itself

/**
 * Notices that a leader is silent: it calls `ask` and, if that could ask and no answer comes, `dead`. Browsers slow down the
 * timers of hidden tabs, so only a tab that is looked at runs it.
 */
export function createWatchdog(now: () => number, ask: () => boolean, dead: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;

  const watch = (asked: boolean): void => {
    clearTimeout(timer);
    const wait = asked ? answerWithin : askAfter;
    const due = now() + wait;
    timer = setTimeout(() => {
      if (asked && now() - due < late) return dead();
      watch(ask());
    }, wait);
  };
  return {
    /** The leader is there, or has just been asked. */
    rest: () => watch(false),
    stop: () => clearTimeout(timer),
  };
}
