import { createMetrics } from './process/metrics.js';
import { hubGauges } from './status/hubGauges.js';

interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

/** The reference page of all metrics, in Markdown as Prettier formats it. */
export function metricsPage(): string {
  const counted = createMetrics()
    .registry.getMetricsAsArray()
    .map((metric) => metric as unknown as Described)
    .filter(({ name }) => name.startsWith('currents_'));
  const read = hubGauges.map(({ name, help, type = 'gauge', labels }) => ({ name, help, type, labelNames: labels }));
  return `# Metrics

\`npm run generate\` writes this page from the code.

Api and worker serve \`/metrics\` for Prometheus. [prometheus-rules.yml](prometheus-rules.yml) has alerts to begin with, [Incidents](operations/incidents.md) says what to do about each, and [currents.json](../deploy/grafana/currents.json) is a dashboard for Grafana; the query \`overview\` of the GraphQL API says the same to people. The labels \`current\`, \`webhook\` and \`cohort\` are the numbers in the ids of the API: \`current="7"\` is \`cur_7\`.

\`/metrics\` needs no token, and the names of Currents are in it: let a proxy that faces the internet pass on only \`/v1/\`, \`/partners/\` and \`/graphql\`.

## Counted by each process

Of what the process itself has done since it started. Sum them over all processes, such as \`sum by (current) (rate(currents_event_outcomes_total[5m]))\`. Beside them, each process serves the default metrics of prom-client (\`process_…\`, \`nodejs_…\`).

${table(counted)}

## Read from the database

By the api when it is scraped, at most once in five seconds for all scrapes; a part that is costly to read may be some minutes old. Each process of the api serves the same values, and a worker serves none: do not sum over processes, but take the largest, such as \`max by (current) (currents_pending_events)\`.

When the database does not answer, the scrape succeeds within some seconds, and the gauges are absent: alert on \`currents_status_read_success == 0\`. The parts are read apart, so that one that fails does not hide the others.

${table(read)}
`;
}

function table(metrics: readonly Described[]): string {
  const rows = metrics.map(({ name, type, labelNames, help }) => [
    `\`${name}\``,
    type,
    labelNames.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  const head = ['name', 'type', 'labels', 'meaning'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}
