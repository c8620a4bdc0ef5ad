import { catalogue, selectedTypes, type Selection } from '@currents/schema';
import type { Writer } from '../db/writer.js';
import type { Route } from './fanOut.js';
import type { Connectors } from '../loadCurrent.js';

/** The Currents that accept events, at one version of the registry. */
export interface Routes {
  readonly version: string;
  readonly routes: readonly Route[];
}

interface Row {
  readonly version: string;
  readonly id: number | null;
  readonly destination: string | null;
  readonly selection: Selection | null;
}

/**
 * Reads the selections of all launched Currents. Blocked and paused ones keep the events that arrive meanwhile. Both
 * reads see one snapshot, so the version belongs to the list.
 */
export async function readRoutes(writer: Writer, connectors: Connectors): Promise<Routes> {
  const rows = await writer.run<Row>({ name: 'routes', text: routesText });
  return { version: rows[0]?.version ?? '0', routes: rows.flatMap((row) => routeOf(row, connectors)) };
}

const routesText = `
  select r.version, c.id, c.destination, c.selection
  from route_table r left join current c on c.state in ('live', 'blocked', 'paused')
  order by c.id`;

/** A selection may name a whole channel; the Current carries the event types that its destination supports. */
function routeOf({ id, destination, selection }: Row, connectors: Connectors): Route[] {
  const connector = connectors.get(destination ?? '');
  if (id === null || selection === null) return [];
  const selected = selectedTypes(selection);
  return [
    {
      currentId: id,
      selects: catalogue.map(
        ({ name }, index) => selected[index] === true && (!connector || connector.nameOf(name) !== undefined),
      ),
    },
  ];
}
