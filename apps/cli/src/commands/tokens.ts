import { Option, type Command } from 'commander';
import { confirm } from '../change/confirm.js';
import { documents } from '../documents.js';
import { CommandFailure, exitCodes } from '../failure.js';
import { readPages } from '../hub/readPages.js';
import { unwrap, type Problem } from '../hub/unwrap.js';
import { readSpanFromNow, time } from '../output/time.js';
import { asking, type Session, type Surroundings } from '../session.js';
import { given, withExample, withLimit } from './options.js';
import { printList } from './printList.js';

interface Token {
  readonly id: string;
  readonly name: string;
  readonly isValid: boolean;
  /** Only admin tokens have a role. */
  readonly role?: string;
  readonly isOwn?: boolean;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
  readonly expiresAt?: string | null;
  readonly revokedAt: string | null;
}

interface CreateOptions {
  readonly role?: string;
  readonly expires?: string;
}

export function addTokens(program: Command, surroundings: Surroundings): void {
  const tokens = program.command('tokens').description('Lists, creates and revokes ingest tokens and admin tokens.');

  withExample(withLimit(tokens.command('list'), 200), 'currents tokens list')
    .summary('the ingest tokens and admin tokens')
    .description('Lists ingest tokens, with which senders send events, and admin tokens. No token itself is shown.')
    .option('--revoked', 'also those that are no longer valid')
    .action(
      asking<{ readonly limit: number; readonly revoked?: boolean }>(surroundings, async (session, _args, options) => {
        const { hub } = session;
        const includeRevoked = options.revoked === true;
        const ingest = await readPages<Token>(hub, documents.ingestTokens, { includeRevoked }, options.limit);
        const admin = await readPages<Token>(hub, documents.adminTokens, {}, options.limit);
        const nodes = [...ingest.nodes, ...admin.nodes].filter(({ isValid }) => includeRevoked || isValid);
        printList(session, { nodes, hasMore: ingest.hasMore || admin.hasMore }, columns, 'There are no such tokens.');
      }),
    );

  withExample(
    tokens.command('create <name>'),
    'currents tokens create braze',
    'currents tokens create --role viewer --expires 90d --yes grafana > token',
  )
    .summary('create an ingest token, or an admin token with --role')
    .description(
      'Creates an ingest token, or with --role an admin token. Prints the token and nothing else on standard output. It is shown only this once.',
    )
    .addOption(
      new Option('--role <role>', 'create an admin token with this role').choices(['viewer', 'operator', 'admin']),
    )
    .option('--expires <span>', 'after which an admin token is no longer valid, such as 12h or 90d', readSpanFromNow)
    .option('--yes', 'confirm without asking')
    .action(
      asking<CreateOptions>(surroundings, async (session, [name = ''], options) => {
        const { terminal, isJson } = session;
        const created =
          options.role === undefined
            ? await createIngest(session, name, options)
            : await createAdmin(session, name, options);
        if (isJson) terminal.printJson(created);
        else terminal.print(created.token);
      }),
    );

  withExample(tokens.command('revoke <token-id>'), 'currents tokens revoke tok_3')
    .summary('revoke a token')
    .description('Revokes an ingest token or an admin token, by its id. Asks to type its name.')
    .option('--yes', 'confirm without asking')
    .action(asking(surroundings, async (session, [id = '']) => revoke(session, id)));
}

interface Created {
  readonly token: string;
}

async function createIngest(session: Session, name: string, { expires }: CreateOptions): Promise<Created> {
  if (expires !== undefined)
    throw new CommandFailure('expected --expires only with --role: ingest tokens have no end', exitCodes.usage);
  await confirm(session, `Creates the ingest token ${name}, with which a sender may send events.`, name);
  const { createIngestToken } = await session.hub.ask<{ createIngestToken: Created | Problem }>(
    documents.createIngestToken,
    { input: { name } },
  );
  return unwrap(createIngestToken);
}

async function createAdmin(session: Session, name: string, { role = '', expires }: CreateOptions): Promise<Created> {
  const end = expires === undefined ? 'without an end' : `until ${time(expires)}`;
  await confirm(session, `Creates the admin token ${name} with the role ${role.toUpperCase()}, ${end}.`, name);
  const { createAdminToken } = await session.hub.ask<{ createAdminToken: Created | Problem }>(
    documents.createAdminToken,
    { input: given({ name, role: role.toUpperCase(), expiresAt: expires }) },
  );
  return unwrap(createAdminToken);
}

async function revoke(session: Session, id: string): Promise<void> {
  const { hub, terminal, isJson } = session;
  const { node } = await hub.ask<{ node: (Token & { readonly __typename: string }) | null }>(documents.token, { id });
  if (node?.__typename !== 'IngestToken' && node?.__typename !== 'AdminToken')
    throw new CommandFailure(
      'expected the id of an ingest token (tok_…) or an admin token (adm_…), got another one; see currents tokens list',
      exitCodes.negative,
    );
  const isAdmin = node.__typename === 'AdminToken';
  const lastUse = node.lastUsedAt === null ? 'never used' : `last used about ${time(node.lastUsedAt)}`;
  const own = node.isOwn ? ' It is the token of this very command.' : '';
  await confirm(
    session,
    `Revokes the ${isAdmin ? 'admin' : 'ingest'} token ${node.name} (${id}, ${lastUse}): from now on, requests with it are refused.${own}`,
    node.name,
  );
  const [result] = Object.values(
    await hub.ask<Record<string, object | Problem>>(
      isAdmin ? documents.revokeAdminToken : documents.revokeIngestToken,
      isAdmin ? { id } : { id, name: node.name },
    ),
  );
  const revoked = unwrap(result ?? {});
  if (isJson) terminal.printJson(Object.values(revoked)[0]);
  else terminal.print(`${node.name} is revoked`);
}

const columns = [
  { title: 'ID', of: ({ id }: Token) => id },
  { title: 'ROLE', of: ({ role }: Token) => role ?? 'ingest' },
  { title: 'VALID', of: ({ isValid }: Token) => (isValid ? 'yes' : 'no') },
  { title: 'CREATED', of: ({ createdAt }: Token) => time(createdAt) },
  { title: 'LAST USED', of: ({ lastUsedAt }: Token) => time(lastUsedAt) },
  { title: 'ENDS', of: ({ revokedAt, expiresAt }: Token) => time(revokedAt ?? expiresAt) },
  { title: 'NAME', of: ({ name }: Token) => name },
];
