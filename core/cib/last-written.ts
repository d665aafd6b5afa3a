const weekdays = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/**
 * A moment the way `cib-last-written` shows it, for example `Fri Jul  3 13:51:00 2026`, in UTC: a
 * CIB travels between hosts, and the form names no zone. From 1970 on.
 */
export function lastWrittenText(epochMs: number): string {
  const seconds = Math.max(0, Math.floor(epochMs / 1000));
  const days = Math.floor(seconds / 86_400);
  const { year, month, day } = dateOfDay(days);
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  const weekday = weekdays[days % 7] ?? '';
  return `${weekday} ${months[month - 1] ?? ''} ${String(day).padStart(2)} ${clock} ${year}`;
}

/**
 * The Gregorian date of a day counted from 1970-01-01, by eras of 400 years that begin on 1 March,
 * so that the leap day is the last of its year.
 */
function dateOfDay(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}
