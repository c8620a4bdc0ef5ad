import { rows, type Panel } from './panels.js';

/** Columns of Grafana's grid. */
const gridWidth = 24;
const sizes = { stat: { width: 4, height: 4 }, timeseries: { width: 8, height: 8 } } as const;
const datasource = { type: 'prometheus', uid: '${datasource}' };

/** The Grafana dashboard as JSON text, for `Dashboards → New → Import` or a provisioned folder. */
export function dashboardText(): string {
  const dashboard = {
    uid: 'currents',
    title: 'Currents',
    description: 'A hub of Currents: what needs a person, events in and out, cohorts, and processes.',
    tags: ['currents'],
    editable: true,
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timezone: 'browser',
    templating: { list: variables },
    annotations: { list: [] },
    panels: placePanels(),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

const variables = [
  { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
  {
    name: 'current',
    label: 'Current',
    type: 'query',
    datasource,
    // The name is shown, the number is used.
    query: { query: 'query_result(max by (current, name) (currents_current_info))', refId: 'current' },
    regex: '/current="(?<value>[^"]+)".*name="(?<text>[^"]+)"/',
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  },
];

/** Panels of a row stand side by side and go on in the next line where there is no room. */
function placePanels(): readonly object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({
      id: placed.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: gridWidth, h: 1 },
    });
    y += 1;
    let x = 0;
    let lineHeight = 0;
    for (const panel of panels) {
      const { width, height } = sizes[panel.type];
      if (x + width > gridWidth) {
        x = 0;
        y += lineHeight;
      }
      placed.push({ id: placed.length + 1, ...describe(panel), gridPos: { x, y, w: width, h: height } });
      x += width;
      lineHeight = height;
    }
    y += lineHeight;
  }
  return placed;
}

function describe({ title, description, type, unit, queries, redFrom }: Panel): object {
  const steps = [{ color: 'green', value: null }, ...(redFrom === undefined ? [] : [{ color: 'red', value: redFrom }])];
  return {
    type,
    title,
    description,
    datasource,
    fieldConfig: { defaults: { unit, min: 0, thresholds: { mode: 'absolute', steps } }, overrides: [] },
    options:
      type === 'stat'
        ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', graphMode: 'area' }
        : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource,
      expr,
      legendFormat: legend,
    })),
  };
}
