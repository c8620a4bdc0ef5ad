import { createAdminClient, type AdminClient } from '../hub/adminClient.js';
import { startHub, type RunningHub } from '../hub/startHub.js';
import { startPartners, type DemoPartner } from './partners.js';

/** A fake destination, and the id of the Current that exports everything to it. */
export interface Running {
  readonly partner: DemoPartner;
  readonly currentId: string;
}

/** A hub on an empty database, with fake partners and a Current to each. */
export interface Demo {
  readonly hub: RunningHub;
  readonly partners: Awaited<ReturnType<typeof startPartners>>;
  readonly admin: AdminClient;
  /** An ingest token, in clear. */
  readonly token: string;
  readonly running: readonly Running[];
  /** The lines of the programs' logs, at level warn and above. */
  readonly lines: readonly string[];
  close(): Promise<void>;
}

/** Starts the demo. If a part fails, ends the others and rejects. */
export async function openDemo(): Promise<Demo> {
  const lines: string[] = [];
  const partners = await startPartners();
  const hub = await startHub({
    environment: {
      API_PORT: '0',
      WORKER_PORT: '0',
      ALLOW_CUSTOM_BASE_URL: 'true',
      ALLOW_PRIVATE_ADDRESSES: 'true',
      LOG_LEVEL: 'warn',
    },
    onLine: (program, line) => void lines.push(`${program}: ${line}`),
  }).catch(async (error: unknown) => {
    await partners.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await hub.stop();
    await partners.close();
  };
  try {
    const admin = createAdminClient(hub.api.url, hub.adminToken ?? '');
    const token = await admin.createIngestToken('Braze production');
    const running: Running[] = [];
    for (const partner of partners.list)
      running.push({ partner, currentId: await admin.launchCurrent(partner.current) });
    return { hub, partners, admin, token, running, lines, close };
  } catch (error) {
    await close();
    throw error;
  }
}
