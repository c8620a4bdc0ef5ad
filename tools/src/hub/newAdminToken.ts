import { randomBytes } from 'node:crypto';

/** A token for ADMIN_TOKEN of a hub that is started here, so that it need not be read from anywhere. */
export const newAdminToken = (): string => `cur_admin_${randomBytes(32).toString('base64url')}`;
