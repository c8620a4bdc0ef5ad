import { Link } from 'wouter';
import { count } from './number.js';

export interface Series {
  readonly title: string;
  /** The colour, a class of the style sheet. */
  readonly tone: string;
  /** Lighter than the tone by so many steps, to tell series of one tone apart: 0 to 2. */
  readonly shade?: number;
  /** What it counts. */
  readonly about?: string;
  /** The list of what it counts. */
  readonly to?: string;
  /** The sum of the values. */
  readonly total?: number;
  /** One value for each step of time; null where there is none. */
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  readonly title: string;
  /** When each step begins. */
  readonly steps: readonly string[];
  readonly series: readonly Series[];
  readonly format?: (value: number) => string;
}

const [width, height] = [600, 120] as const;

/** Counts over time, the series on top of each other. */
export function StackedBars({ title, steps, series, format = count }: ChartProps) {
  const sums = steps.map((_at, step) => series.reduce((sum, { values }) => sum + (values[step] ?? 0), 0));
  const most = Math.max(1, ...sums);
  const wide = width / Math.max(1, steps.length);
  return (
    <Frame title={title} steps={steps} series={series} most={most} format={format}>
      {steps.map((at, step) => {
        let top = height;
        return (
          <g key={at}>
            <title>{describe(at, series, step, format)}</title>
            <rect x={step * wide} y={0} width={wide} height={height} className="none" />
            {series.map((one) => {
              const { title: name, values } = one;
              const tall = ((values[step] ?? 0) / most) * height;
              top -= tall;
              return tall === 0 ? null : (
                <rect key={name} x={step * wide} y={top} width={wide * 0.85} height={tall} className={classOf(one)} />
              );
            })}
          </g>
        );
      })}
    </Frame>
  );
}

/** Values over time, a line for each series, with gaps where there is no value. */
export function Lines({ title, steps, series, format = count }: ChartProps) {
  const most = Math.max(1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const wide = width / Math.max(1, steps.length);
  const x = (step: number): number => (step + 0.5) * wide;
  const y = (value: number): number => height - (value / most) * height;
  return (
    <Frame title={title} steps={steps} series={series} most={most} format={format}>
      {series.map(({ title: name, tone, values }) => (
        <path key={name} className={`line ${tone}`} d={pathOf(values, x, y)} />
      ))}
      {series.flatMap(({ title: name, tone, values }) =>
        values.map((value, step) =>
          value === null ? null : (
            // A line of no length with round ends stays a circle, however the chart is stretched.
            <path key={`${name} ${step}`} className={`dot ${tone}`} d={`M${x(step)} ${y(value)}h0`} />
          ),
        ),
      )}
      {steps.map((at, step) => (
        <rect key={at} x={step * wide} y={0} width={wide} height={height} className="none">
          <title>{describe(at, series, step, format)}</title>
        </rect>
      ))}
    </Frame>
  );
}

/** A path through the values, interrupted where one is null. */
export function pathOf(
  values: readonly (number | null)[],
  x: (step: number) => number,
  y: (value: number) => number,
): string {
  return values
    .map((value, step) => {
      if (value === null) return '';
      const isFirst = (values[step - 1] ?? null) === null;
      return `${isFirst ? 'M' : 'L'}${x(step).toFixed(1)} ${y(value).toFixed(1)}`;
    })
    .join('');
}

function describe(at: string, series: readonly Series[], step: number, format: (value: number) => string): string {
  const parts = series.map(({ title, values }) => {
    const value = values[step] ?? null;
    return `${title} ${value === null ? 'none' : format(value)}`;
  });
  return `${utc(at)}: ${parts.join(', ')}`;
}

const utc = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;

function classOf({ tone, shade = 0 }: Series): string {
  return shade === 0 ? tone : `${tone} shade${shade}`;
}

/** The name with its sum, as a link to the list behind them. */
function Name({ series: { title, to, total } }: { readonly series: Series }) {
  const text = total === undefined ? title : `${title} ${count(total)}`;
  return to === undefined ? text : <Link href={to}>{text}</Link>;
}

function Frame({
  title,
  steps,
  series,
  most,
  format,
  children,
}: Required<ChartProps> & { readonly most: number; readonly children: React.ReactNode }) {
  const [first, last] = [steps[0], steps.at(-1)];
  const isEmpty = series.every(({ values }) => values.every((value) => !value));
  return (
    <figure className="chart">
      <figcaption>
        <strong>{title}</strong>
        <ul>
          {series.map((one) => (
            <li key={one.title} title={one.about}>
              <span className={`key ${classOf(one)}`} aria-hidden /> <Name series={one} />
            </li>
          ))}
        </ul>
        <span className="muted">{isEmpty ? 'nothing yet' : `top: ${format(most)}`}</span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden>
        {children}
      </svg>
      <p className="muted">
        <span>{first === undefined ? '' : utc(first)}</span>
        <span>{last === undefined ? '' : utc(last)}</span>
      </p>
      <details>
        <summary>{title} as a table</summary>
        <div className="scroll" tabIndex={0} role="region" aria-label={`${title} as a table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                {series.map(({ title: name }) => (
                  <th key={name} scope="col" className="right">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {steps.map((at, step) => (
                <tr key={at}>
                  <td>{utc(at)}</td>
                  {series.map(({ title: name, values }) => {
                    const value = values[step] ?? null;
                    return (
                      <td key={name} className="right number">
                        {value === null ? '' : format(value)}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
