import type { ImportKeyEntry, IngestTokenEntry } from '../hubFile.js';
import type { Found } from '../readHub.js';
import { differences } from './differences.js';
import { match } from './match.js';
import { emptyPlan, isSameName, joinPlans, type Plan, type Planning, type Step } from './step.js';

/** What becomes of the partners that an admin created, of import keys and of ingest tokens. New secrets are shown once. */
export function planKeys(planning: Planning): Plan {
  // Keys are revoked before their partners are deleted.
  return joinPlans([planImportKeys(planning), planPartners(planning), planIngestTokens(planning)]);
}

function planPartners({ file, hub, isPruning }: Planning): Plan {
  if (!file.importPartners) return emptyPlan;
  const { matches, leftOver } = match(file.importPartners, hub.importPartners, { isSame: (a, b) => a === b });
  const steps = matches
    .filter(({ had }) => had === undefined)
    .map(({ desired: name }): Step => ({
      stage: 'partners',
      verb: 'create',
      subject: `import partner ${name}`,
      details: [],
      run: async (work) => void (await work.ask('createImportPartner', { name })),
    }));
  if (!isPruning) return { ...emptyPlan, steps, leftOver: leftOver.map((name) => `import partner ${name}`) };
  const deletions = leftOver.map((name): Step => ({
    stage: 'delete',
    verb: 'delete',
    subject: `import partner ${name}`,
    details: ['its cohorts stay'],
    run: async (work) => void (await work.ask('deleteImportPartner', { name })),
  }));
  return { ...emptyPlan, steps: [...steps, ...deletions] };
}

/** Two keys of a partner may have the same name while one of them ends. */
function planImportKeys({ file, hub, isPruning }: Planning): Plan {
  if (!file.importKeys) return emptyPlan;
  const rules = {
    isSame: (desired: ImportKeyEntry, { entry }: Found<ImportKeyEntry>) =>
      desired.partner === entry.partner && isSameName(desired.name, entry.name),
    isAlike: (desired: ImportKeyEntry, { entry }: Found<ImportKeyEntry>) => endOf(desired) === endOf(entry),
  };
  // A name is free for a new key once the former one has an end: so one that ends takes the place of a present one first.
  const hasEnd = (entry: ImportKeyEntry): boolean => entry.validUntil !== undefined;
  const had = hub.importKeys.toSorted((a, b) => Number(hasEnd(b.entry)) - Number(hasEnd(a.entry)));
  const ending = match(file.importKeys.filter(hasEnd), had, rules);
  const lasting = match(
    file.importKeys.filter((entry) => !hasEnd(entry)),
    ending.leftOver,
    rules,
  );
  const subjectOf = ({ partner, name }: ImportKeyEntry): string => `import key ${name} of ${partner}`;
  const plans = [...ending.matches, ...lasting.matches].map(({ desired, had: found }): Plan => {
    const end = endOf(desired);
    if (!found) {
      if (end !== undefined && end <= Date.now())
        return {
          ...emptyPlan,
          notes: [`${subjectOf(desired)} is not created: it was valid until ${desired.validUntil}`],
        };
      return { ...emptyPlan, steps: [keyCreation(desired, subjectOf(desired))] };
    }
    return end === endOf(found.entry)
      ? emptyPlan
      : { ...emptyPlan, steps: [keyEnd(desired, found, subjectOf(desired))] };
  });
  const rest: Plan = isPruning
    ? { ...emptyPlan, steps: lasting.leftOver.map((key) => keyRevocation(key, subjectOf(key.entry))) }
    : { ...emptyPlan, leftOver: lasting.leftOver.map(({ entry }) => subjectOf(entry)) };
  return joinPlans([...plans, rest]);
}

const endOf = ({ validUntil }: ImportKeyEntry): number | undefined =>
  validUntil === undefined ? undefined : Date.parse(validUntil);

function keyCreation({ partner, name, validUntil }: ImportKeyEntry, subject: string): Step {
  return {
    stage: 'keys',
    verb: 'create',
    subject,
    details: [validUntil === undefined ? 'no end' : `validUntil: ${validUntil}`],
    async run(work) {
      const created = await work.ask<{ key: string; importKey: { id: string } }>('createImportKey', { partner, name });
      work.showSecret({ kind: 'import key', name: `${partner} ${name}`, secret: created.key });
      if (validUntil !== undefined)
        await work.ask('revokeImportKey', { id: created.importKey.id, confirmName: name, at: validUntil });
    },
  };
}

function keyEnd({ validUntil }: ImportKeyEntry, { id, entry }: Found<ImportKeyEntry>, subject: string): Step {
  return {
    stage: 'keys',
    verb: 'change',
    subject,
    details: [`validUntil: ${entry.validUntil ?? 'no end'} → ${validUntil ?? 'no end'}`],
    async run(work) {
      if (validUntil === undefined) await work.ask('cancelImportKeyRevocation', { id, confirmName: entry.name });
      else await work.ask('revokeImportKey', { id, confirmName: entry.name, at: validUntil });
    },
  };
}

function keyRevocation({ id, entry }: Found<ImportKeyEntry>, subject: string): Step {
  return {
    stage: 'delete',
    verb: 'revoke',
    subject,
    details: ['pushes with it are refused from then on'],
    run: async (work) => void (await work.ask('revokeImportKey', { id, confirmName: entry.name })),
  };
}

function planIngestTokens({ file, hub, isPruning }: Planning): Plan {
  if (!file.ingestTokens) return emptyPlan;
  const { matches, leftOver } = match(file.ingestTokens, hub.ingestTokens, {
    isSame: (desired, { entry }) => isSameName(desired.name, entry.name),
  });
  const subjectOf = ({ name }: IngestTokenEntry): string => `ingest token ${name}`;
  const steps = matches.flatMap(({ desired, had }): readonly Step[] => {
    if (!had) return [tokenCreation(desired, subjectOf(desired))];
    const limits = limitsOf(desired);
    const details = differences(limitsOf(had.entry), limits);
    if (details.length === 0) return [];
    const run: Step['run'] = async (work) => void (await work.ask('updateIngestToken', { id: had.id, ...limits }));
    return [{ stage: 'keys', verb: 'change', subject: subjectOf(had.entry), details, run }];
  });
  if (!isPruning) return { ...emptyPlan, steps, leftOver: leftOver.map(({ entry }) => subjectOf(entry)) };
  const revocations = leftOver.map(({ id, entry }): Step => ({
    stage: 'delete',
    verb: 'revoke',
    subject: subjectOf(entry),
    details: ['events with it are refused from then on'],
    run: async (work) => void (await work.ask('revokeIngestToken', { id, confirmName: entry.name })),
  }));
  return { ...emptyPlan, steps: [...steps, ...revocations] };
}

/** The receivers of all notices. New secrets are shown once. */
export function planNoticeWebhooks({ file, hub, isPruning }: Planning): Plan {
  if (!file.noticeWebhooks) return emptyPlan;
  const { matches, leftOver } = match(file.noticeWebhooks, hub.noticeWebhooks, {
    isSame: (url, { entry }) => url === entry,
  });
  const subjectOf = (url: string): string => `notice webhook ${url}`;
  const steps = matches
    .filter(({ had }) => had === undefined)
    .map(({ desired: url }): Step => ({
      stage: 'keys',
      verb: 'create',
      subject: subjectOf(url),
      details: [],
      async run(work) {
        const { secret } = await work.ask<{ secret: string }>('createNoticeWebhook', { url });
        work.showSecret({ kind: 'notice webhook', name: url, secret });
      },
    }));
  if (!isPruning) return { ...emptyPlan, steps, leftOver: leftOver.map(({ entry }) => subjectOf(entry)) };
  const deletions = leftOver.map(({ id, entry }): Step => ({
    stage: 'delete',
    verb: 'delete',
    subject: subjectOf(entry),
    details: ['pending notices are not sent to it'],
    run: async (work) => void (await work.ask('deleteNoticeWebhook', { id, dryRun: false, confirmUrl: entry })),
  }));
  return { ...emptyPlan, steps: [...steps, ...deletions] };
}

/** Null is the default of the api. */
function limitsOf({ eventsPerSecond = null, bytesPerSecond = null }: Partial<Record<keyof IngestTokenEntry, unknown>>) {
  return { eventsPerSecond, bytesPerSecond };
}

function tokenCreation(entry: IngestTokenEntry, subject: string): Step {
  const { name, eventsPerSecond, bytesPerSecond } = entry;
  return {
    stage: 'keys',
    verb: 'create',
    subject,
    details: [],
    async run(work) {
      const { token } = await work.ask<{ token: string }>('createIngestToken', {
        name,
        ...(eventsPerSecond !== undefined && { eventsPerSecond }),
        ...(bytesPerSecond !== undefined && { bytesPerSecond }),
      });
      work.showSecret({ kind: 'ingest token', name, secret: token });
    },
  };
}
