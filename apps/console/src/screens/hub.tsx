import { graphql, type ResultOf } from '../hub/graphql.js';
import { useHubQuery } from '../hub/useHub.js';
import { Code } from '../parts/code.js';
import { count } from '../parts/number.js';
import { size } from '../parts/size.js';
import { Answer } from '../parts/problem.js';
import { lazyScreen } from '../parts/lazyScreen.js';
import { State, words } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';

const Reseal = lazyScreen(async () => (await import('./reseal.js')).Reseal);

const hubQuery = graphql(`
  query Hub {
    hub {
      version
      nodeVersion
      startedAt
      settings {
        name
        value
        source
        isSecret
      }
      workers {
        startedAt
        isAlive
        version
        currentCount
        settings {
          name
          value
          source
          isSecret
        }
      }
      queue {
        backend
        waitingCount
        activeCount
        delayedCount
      }
      database {
        serverVersion
        byteCount
        freeByteCount
        tables {
          name
          byteCount
          partitionCount
          oldestDay
          newestDay
        }
      }
    }
  }
`);

type HubData = ResultOf<typeof hubQuery>['hub'];

/** Versions, workers, queue, sizes and settings in force. */
export function Hub() {
  const reading = useHubQuery(hubQuery, {});
  return (
    <>
      <h1>Hub</h1>
      <Answer reading={reading}>
        {({ hub }) => (
          <>
            <Strip hub={hub} />
            <h2>Workers</h2>
            <Workers workers={hub.workers} />
            <Reseal />
            <h2>Tables</h2>
            <p className="muted">
              Days are kept for RETENTION_DAYS of the workers, and longer while a paused Current needs them. The last
              partitions are made some days ahead.
            </p>
            <Table
              caption="Tables, the largest first"
              rows={hub.database?.tables ?? []}
              keyOf={({ name }) => name}
              empty={<p>The database did not answer in time. Check it and its load, then reload this page.</p>}
              columns={[
                { title: 'Table', cell: ({ name }) => <Code text={name} /> },
                { title: 'Size', isNumber: true, cell: ({ byteCount }) => size(byteCount) },
                {
                  title: 'Partitions',
                  isNumber: true,
                  cell: ({ partitionCount }) => (partitionCount > 0 ? count(partitionCount) : ''),
                },
                { title: 'First day', cell: ({ oldestDay }) => oldestDay ?? '' },
                { title: 'Last day', cell: ({ newestDay }) => newestDay ?? '' },
              ]}
            />
            <h2>Settings of this api</h2>
            <Settings settings={hub.settings} label="Settings of this api" />
          </>
        )}
      </Answer>
    </>
  );
}

function Strip({ hub: { version, nodeVersion, startedAt, queue, database, workers } }: { readonly hub: HubData }) {
  return (
    <dl className="strip">
      <Fact title="Version">{version}</Fact>
      <Fact title="Node.js">{nodeVersion}</Fact>
      <Fact title="Api started">
        <Time at={startedAt} />
      </Fact>
      <Fact title="Workers alive">{workers ? count(workers.filter(({ isAlive }) => isAlive).length) : 'unknown'}</Fact>
      <Fact title="Queue">{queue.backend === 'REDIS' ? 'Redis' : 'Postgres'}</Fact>
      <Fact title="Wake-up calls waiting">{queue.waitingCount === null ? 'unknown' : count(queue.waitingCount)}</Fact>
      <Fact title="Database">{database ? size(database.byteCount) : 'unknown'}</Fact>
      <Fact title="Free on its disk">
        {database && database.freeByteCount !== null ? size(database.freeByteCount) : 'not seen from here'}
      </Fact>
      <Fact title="PostgreSQL">{database?.serverVersion ?? 'unknown'}</Fact>
    </dl>
  );
}

function Fact({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Workers({ workers }: { readonly workers: HubData['workers'] }) {
  return (
    <Table
      caption="Workers, those that started last first"
      rows={workers ?? []}
      keyOf={({ startedAt }) => startedAt}
      empty={
        <p>
          {workers
            ? 'No worker is running, so nothing is delivered. Start one with npm run start:worker.'
            : 'The database did not answer in time. Check it and its load.'}
        </p>
      }
      columns={[
        { title: 'State', cell: ({ isAlive }) => <State value={isAlive ? 'LIVE' : 'STALE'} /> },
        { title: 'Started', cell: ({ startedAt }) => <Time at={startedAt} /> },
        { title: 'Version', cell: (worker) => worker.version ?? 'unknown' },
        { title: 'Currents', isNumber: true, cell: ({ currentCount }) => count(currentCount) },
        {
          title: 'Settings',
          cell: ({ settings }) =>
            settings ? (
              <details>
                <summary>{settings.length} settings</summary>
                <Settings settings={settings} label="Settings of this worker" />
              </details>
            ) : (
              'unknown'
            ),
        },
      ]}
    />
  );
}

function Settings({ settings, label }: { readonly settings: HubData['settings']; readonly label: string }) {
  return (
    <Table
      caption={label}
      rows={settings}
      keyOf={({ name }) => name}
      empty={<p>This process tells no settings.</p>}
      columns={[
        { title: 'Variable', cell: ({ name }) => <Code text={name} /> },
        { title: 'Value', cell: valueOf },
        { title: 'From', cell: ({ source }) => words(source) },
      ]}
    />
  );
}

function valueOf({ value, isSecret, source }: HubData['settings'][number]) {
  if (value !== null) return <code>{value}</code>;
  if (isSecret && source === 'ENVIRONMENT') return <span className="muted">set, not shown</span>;
  return <span className="muted">not set</span>;
}
