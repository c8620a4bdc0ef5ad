import { Ctx, Query, Resolver } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { Hub } from './hub.type.js';

@Resolver()
export class HubResolver {
  @RequiresRole('viewer')
  @Query(() => Hub, {
    description:
      'What the hub consists of: versions, workers, queue, sizes and settings in force. What is wrong with it is in overview.',
    complexity: costs.read,
  })
  async hub(@Ctx() { hub }: AdminContext): Promise<unknown> {
    const { version, startedAt, settings, queueBackend, queue, workers, database } = await hub.read();
    return {
      version,
      nodeVersion: process.versions.node,
      startedAt,
      settings,
      workers,
      queue: { backend: queueBackend, ...queue },
      database: database && {
        serverVersion: database.serverVersion,
        byteCount: database.databaseBytes,
        freeByteCount: database.freeBytes,
        tables: database.tables,
      },
    };
  }
}
