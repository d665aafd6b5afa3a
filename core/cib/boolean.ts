/** Pacemaker's words for true and false, in any case (pacemaker-scheduler 1); null for any other. */
export function parseBoolean(text: string): boolean | null {
  const word = text.trim().toLowerCase();
  if (['true', 'yes', 'y', 'on', '1'].includes(word)) return true;
  if (['false', 'no', 'n', 'off', '0'].includes(word)) return false;
  return null;
}

/** Only a true word counts; absent or anything else is false (ticket states are read so). */
export const isTrueWord = (text: string | null): boolean =>
  text !== null && parseBoolean(text) === true;
