const [width, height] = [96, 24] as const;

interface Activity {
  readonly delivered: readonly number[];
  readonly skipped: readonly number[];
  readonly failed: readonly number[];
}

/** The last 24 hours at a glance: a bar an hour, what failed on top of what was delivered. The text says the sums. */
export function Sparkline({ delivered, skipped, failed }: Activity) {
  const most = Math.max(1, ...delivered.map((value, hour) => value + (failed[hour] ?? 0)));
  const wide = width / Math.max(1, delivered.length);
  const tall = (value: number): number => (value / most) * height;
  const text = `In the last 24 hours: ${sum(delivered)} delivered, ${sum(skipped)} skipped, ${sum(failed)} rejected or expired`;
  return (
    <svg className="spark" role="img" width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
      <title>{text}</title>
      {delivered.map((value, hour) => {
        const bad = failed[hour] ?? 0;
        return (
          <g key={hour}>
            <rect x={hour * wide} y={height - 1} width={wide - 1} height={1} className="plain" />
            <rect x={hour * wide} y={height - tall(value)} width={wide - 1} height={tall(value)} className="good" />
            <rect x={hour * wide} y={height - tall(value + bad)} width={wide - 1} height={tall(bad)} className="bad" />
          </g>
        );
      })}
    </svg>
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
