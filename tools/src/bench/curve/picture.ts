import { scaleLog, scalePoint } from 'd3-scale';
import { line } from 'd3-shape';
import type { Curves, Series } from './series.js';

/** Distinct also with colour blindness (Okabe and Ito, https://jfly.uni-koeln.de/color/), with grey for a last line. */
const colours = ['#000000', '#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#56b4e9', '#8c7a00', '#7f7f7f'];

const width = 960;
const panel = { width: 400, height: 300, top: 56, left: 60, gap: 70 };
const legend = { top: panel.top + panel.height + 58, rowHeight: 20, columns: 4 };

/** The curves as an SVG of two panels with logarithmic axes: CPU per delivered event, and the delay. */
export function drawCurves(curves: Curves): string {
  const names = [...new Set([...curves.cpu, ...curves.p99].map(({ name }) => name))];
  const colourOf = (name: string): string => colours[names.indexOf(name) % colours.length] as string;
  const height = legend.top + Math.ceil(names.length / legend.columns) * legend.rowHeight + 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img">`,
    '<title>CPU per delivered event and delay, by events a second</title>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...drawPanel('CPU µs per delivered event', curves.cpu, curves.rates, panel.left, colourOf),
    ...drawPanel(
      'p99 ms, accepted to arrived',
      curves.p99,
      curves.rates,
      panel.left + panel.width + panel.gap,
      colourOf,
    ),
    ...names.flatMap((name, index) => drawLegend(name, index, colourOf(name))),
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel(
  title: string,
  series: readonly Series[],
  rates: readonly string[],
  left: number,
  colourOf: (name: string) => string,
): string[] {
  const used = rates.filter((rate) => series.some(({ points }) => points.some((point) => point.rate === rate)));
  const x = scalePoint(used, [0, panel.width]).padding(0.5);
  const y = scaleLog(domainOf(series), [panel.height, 0]);
  const path = line<Series['points'][number]>(
    ({ rate }) => x(rate) ?? 0,
    ({ value }) => y(value),
  ).digits(1);
  return [
    `<g transform="translate(${left} ${panel.top})">`,
    text(0, -24, title, 'font-weight="bold"'),
    ...decadesOf(y.domain()).flatMap((value) => [
      `<path d="M0 ${round(y(value))}H${panel.width}" stroke="#dddddd"/>`,
      text(-8, y(value) + 4, value.toLocaleString('en-GB'), 'text-anchor="end"'),
    ]),
    ...used.map((rate) => text(x(rate) ?? 0, panel.height + 18, rate, 'text-anchor="middle"')),
    text(panel.width / 2, panel.height + 36, 'events a second', 'text-anchor="middle" fill="#555555"'),
    ...series.flatMap(({ name, points }) => [
      `<path d="${path(points) ?? ''}" fill="none" stroke="${colourOf(name)}" stroke-width="2"/>`,
      ...points.map(
        ({ rate, value }) =>
          `<circle cx="${round(x(rate) ?? 0)}" cy="${round(y(value))}" r="3" fill="${colourOf(name)}"><title>${escape(name)}, ${rate}: ${round(value)}</title></circle>`,
      ),
    ]),
    '</g>',
  ];
}

function drawLegend(name: string, index: number, colour: string): string[] {
  const left = panel.left + (index % legend.columns) * 220;
  const top = legend.top + Math.floor(index / legend.columns) * legend.rowHeight;
  return [`<path d="M${left} ${top - 4}h22" stroke="${colour}" stroke-width="3"/>`, text(left + 30, top, name, '')];
}

/** From the power of ten below all values to the one above. */
function domainOf(series: readonly Series[]): [number, number] {
  const values = series.flatMap(({ points }) => points.map(({ value }) => value)).filter((value) => value > 0);
  if (values.length === 0) return [1, 10];
  const low = Math.floor(Math.log10(Math.min(...values)));
  return [10 ** low, 10 ** Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))];
}

function decadesOf([low = 1, high = 10]: readonly number[]): number[] {
  const first = Math.round(Math.log10(low));
  return Array.from({ length: Math.round(Math.log10(high)) - first + 1 }, (_, index) => 10 ** (first + index));
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
