import { brazeCohorts, type CohortRoute, type Push } from '@currents/connector';
import type { Connectors } from '@currents/core';

/** Where a push has come to. */
export interface PushPlace {
  readonly partner: string;
  readonly route: CohortRoute;
  /** What stands where the route has a name with a colon. */
  readonly path: Push['path'];
}

/** Partners this hub has a package for bring their own routes; any other speaks the partner protocol of Braze. */
export function placeOf(url: string, connectors: Connectors): PushPlace | undefined {
  const [, , partner, ...parts] = decodedParts(url) ?? [];
  if (partner === undefined || partner === '') return undefined;
  const routes = connectors.get(partner)?.cohortImport?.routes ?? (connectors.has(partner) ? [] : brazeCohorts.routes);
  for (const route of routes) {
    const path = match(route.path, parts);
    if (path) return { partner, route, path };
  }
  return undefined;
}

/** The parts of the address between its slashes; undefined when one is spelled wrong. A slash at the end counts for nothing. */
function decodedParts(url: string): readonly string[] | undefined {
  const path = url.split('?')[0]?.replace(/\/$/, '') ?? '';
  try {
    return path.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function match(pattern: string, parts: readonly string[]): Push['path'] | undefined {
  const wanted = pattern.split('/');
  if (wanted.length !== parts.length) return undefined;
  const path: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [index, word] of wanted.entries()) {
    const part = parts[index] ?? '';
    if (word.startsWith(':') && part !== '') path[word.slice(1)] = part;
    else if (word !== part) return undefined;
  }
  return path;
}
