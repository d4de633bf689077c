/** The rule that a zone file ends with, in the form of POSIX's TZ variable: what holds after its last change. */

/** What clocks show at some moment. */
export interface ZoneMoment {
  /** Seconds east of UTC. */
  readonly offset: number;
  /** As people write it: `CET`; `-03` where nobody has a word for it. */
  readonly name: string;
}

export type ZoneRule = (seconds: number) => ZoneMoment;

const HOUR = 3600;
const DAY = 86_400;
const FEBRUARY = 2;
/** A week of 5 in a rule is a month's last. */
const LAST_WEEK = 5;
/** RFC 9636, 3.3.2: hours of a change may reach a week either way. */
const CLOCK = String.raw`[+-]?\d{1,3}(?::\d\d){0,2}`;
const NAME = String.raw`[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>`;
const DATE = String.raw`(?:J?\d{1,3}|M\d{1,2}\.[1-5]\.[0-6])(?:/${CLOCK})?`;
const RULE = new RegExp(`^(${NAME})(${CLOCK})(?:(${NAME})(${CLOCK})?,(${DATE}),(${DATE}))?$`);

/** Undefined for what is no such rule. */
export function parsePosixRule(text: string): ZoneRule | undefined {
  const [, name, west, summerName, summerWest, from, until] = RULE.exec(text) ?? [];
  if (name === undefined || west === undefined) return undefined;
  const standard = { offset: -seconds(west) || 0, name: plain(name) };
  if (summerName === undefined || from === undefined || until === undefined) return () => standard;
  const summer = {
    offset: summerWest === undefined ? standard.offset + HOUR : -seconds(summerWest) || 0,
    name: plain(summerName),
  };
  const start = parseDate(from);
  const end = parseDate(until);
  return (at) => {
    const year = new Date(at * 1000).getUTCFullYear();
    let latest = { time: Number.NEGATIVE_INFINITY, shows: standard };
    // The neighbours too: a change near New Year falls into another year in UTC. Ends come first: where summer ends as
    // the next begins, it never ends.
    for (const y of [year - 1, year, year + 1]) {
      const changes = [
        { time: end(y) - summer.offset, shows: standard },
        { time: start(y) - standard.offset, shows: summer },
      ];
      for (const change of changes) if (change.time <= at && change.time >= latest.time) latest = change;
    }
    return latest.shows;
  };
}

const plain = (name: string): string => name.replace(/[<>]/g, "");

/** Of `[+-]h[:m[:s]]`. */
function seconds(clock: string): number {
  const [hours = 0, minutes = 0, rest = 0] = clock.replace(/^[+-]/, "").split(":").map(Number);
  return (clock.startsWith("-") ? -1 : 1) * (hours * HOUR + minutes * 60 + rest);
}

/** Gives, for a year, the seconds since 1970 of the change as the clock on the wall shows it. */
function parseDate(text: string): (year: number) => number {
  const [day = "", clock = "2"] = text.split("/");
  const time = seconds(clock);
  if (day.startsWith("M")) {
    const [month = 1, week = 1, weekday = 0] = day.slice(1).split(".").map(Number);
    return (year) => weekdayOf(year, { month, week, weekday }) + time;
  }
  if (!day.startsWith("J")) return (year) => midnight(year, 1, 1) + Number(day) * DAY + time;
  const count = Number(day.slice(1));
  // J60 is the first of March in every year.
  return (year) => midnight(year, 1, 1) + (count - 1 + (count >= 60 && isLeap(year) ? 1 : 0)) * DAY + time;
}

function weekdayOf(year: number, rule: { month: number; week: number; weekday: number }): number {
  const first = midnight(year, rule.month, 1);
  const ahead = (rule.weekday - new Date(first * 1000).getUTCDay() + 7) % 7;
  const days = (midnight(year, rule.month + 1, 1) - first) / DAY;
  const day = ahead + (rule.week - 1) * 7;
  return first + (rule.week === LAST_WEEK && day >= days ? day - 7 : day) * DAY;
}

const midnight = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day) / 1000;

const isLeap = (year: number): boolean =>
  new Date(midnight(year, FEBRUARY, 29) * 1000).getUTCMonth() === FEBRUARY - 1;
