/** A bar chart of a group of rows as SVG: one bar per engine, readable on light and dark pages. */
import type { Results, RowResult } from "../results.ts";
import { number } from "./markdown.ts";
import { ENGINE_NAMES, GROUP_TITLES, OURS } from "./words.ts";

const WIDTH = 760;
const LEFT = 16;
const PLOT_LEFT = 130;
const PLOT_RIGHT = 640;
const BAR = 15;
const GAP = 3;
const TITLE_HEIGHT = 26;
const TOP = 40;
const FOOT = 34;
/** Beyond this a linear scale would show the small bars as nothing. */
const LINEAR_SPREAD = 12;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .head { font-size: 15px; font-weight: 600 }
  .row { font-weight: 600 }
  .quiet { fill: #57606a }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .spread { stroke: #24292f; stroke-width: 1.2 }
  .bar { fill: #8c959f }
  .ours { fill: #0969da }
  .b1 { fill: #a371f7 } .b2 { fill: #d4a72c } .b3 { fill: #8c959f } .b4 { fill: #2da44e } .b5 { fill: #cf222e }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #3d444d } .spread { stroke: #e6edf3 }
    .ours { fill: #4493f8 }
  }`;

interface Scale {
  readonly logarithmic: boolean;
  readonly ticks: readonly number[];
  readonly place: (value: number) => number;
}

/** Undefined where the group has no rows. */
export function plotGroup(results: Results, rows: readonly RowResult[]): string | undefined {
  const values = rows.flatMap(({ measured }) => Object.values(measured).map(({ wall }) => wall));
  const [first] = rows;
  if (first === undefined || values.length === 0) return undefined;
  const scale = scaleFor(
    values.map(({ median }) => median),
    Math.max(...values.map(({ p90 }) => p90)),
  );
  const parts: string[] = [];
  let y = TOP;
  for (const row of rows) {
    parts.push(text(LEFT, y + 17, "row", row.title.replaceAll("`", "")));
    y += TITLE_HEIGHT;
    for (const [index, { name }] of results.engines.entries()) {
      const wall = row.measured[name]?.wall;
      if (wall === undefined) continue;
      parts.push(text(LEFT + 8, y + 12, "quiet", ENGINE_NAMES[name] ?? name));
      const end = scale.place(wall.median);
      const tone = name === OURS ? "ours" : `b${index}`;
      parts.push(
        `<rect class="bar ${tone}" x="${PLOT_LEFT}" y="${y}" width="${width(end)}" height="${BAR}" rx="2"/>`,
      );
      const middle = y + BAR / 2;
      const [from, to] = [scale.place(wall.p10), scale.place(wall.p90)].map(fixed);
      parts.push(`<line class="spread" x1="${from}" x2="${to}" y1="${middle}" y2="${middle}"/>`);
      const label = Math.max(end, scale.place(wall.p90)) + 6;
      parts.push(text(label, y + 12, "", `${number(wall.median)} ms`));
      y += BAR + GAP;
    }
    y += 8;
  }
  const height = y + FOOT;
  const title = `${GROUP_TITLES[first.group]}: milliseconds, less is better${scale.logarithmic ? " (logarithmic)" : ""}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escape(title)}</title>
<style>${STYLE}
</style>
${text(LEFT, 22, "head", title)}
${scale.ticks.map((tick) => gridLine(scale.place(tick), { tick, bottom: y })).join("\n")}
${parts.join("\n")}
</svg>
`;
}

function scaleFor(medians: readonly number[], largest: number): Scale {
  const smallest = Math.min(...medians);
  const span = PLOT_RIGHT - PLOT_LEFT;
  if (Math.max(...medians) / smallest < LINEAR_SPREAD) {
    const step = linearStep(largest);
    const ticks = Array.from({ length: Math.floor(largest / step) + 1 }, (_, index) => index * step);
    return { logarithmic: false, ticks, place: (value) => PLOT_LEFT + (span * value) / largest };
  }
  // Not at the smallest: a bar of no length would look like no time.
  const low = Math.floor(Math.log10(smallest / 2));
  const high = Math.log10(largest);
  const ticks = Array.from({ length: Math.floor(high) - low + 1 }, (_, index) => 10 ** (low + index));
  const place = (value: number): number =>
    PLOT_LEFT + Math.max(0, (span * (Math.log10(value) - low)) / (high - low));
  return { logarithmic: true, ticks, place };
}

/** 1, 2 or 5 times a power of ten: four to nine lines. */
function linearStep(largest: number): number {
  const power = 10 ** Math.floor(Math.log10(largest));
  return [power / 5, power / 2, power].find((step) => largest / step <= 9) ?? power;
}

function gridLine(x: number, { tick, bottom }: { tick: number; bottom: number }): string {
  const label = `<text class="quiet" x="${fixed(x)}" y="${bottom + 16}" text-anchor="middle">${number(tick)}</text>`;
  return `<line class="grid" x1="${fixed(x)}" x2="${fixed(x)}" y1="${TOP}" y2="${bottom}"/>${label}`;
}

function width(end: number): string {
  return fixed(Math.max(1, end - PLOT_LEFT));
}

function text(x: number, y: number, kind: string, content: string): string {
  return `<text class="${kind}" x="${fixed(x)}" y="${y}">${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
