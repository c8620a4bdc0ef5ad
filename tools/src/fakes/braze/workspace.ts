import type { Surroundings } from '../fake.js';
import { createRollingCount, type RollingCount } from '../rollingCount.js';
import type { BrazeProfile } from './profile.js';

export interface BrazeWorkspace {
  readonly workspaceId: string;
  /** REST API keys with the permission `users.track`. */
  readonly keys: readonly string[];
  /** External ids that have a profile; every one when absent. */
  readonly users?: readonly string[];
  /** External ids that Braze refuses to know. */
  readonly blockedUsers?: readonly string[];
}

/** The value of a custom attribute; `null` removes it. */
export type AttributeValue = boolean | null;

export interface WorkspaceState {
  readonly workspaceId: string;
  readonly keys: Set<string>;
  /** Undefined when every external id has a profile. */
  readonly users: Set<string> | undefined;
  readonly blockedUsers: ReadonlySet<string>;
  /** Attribute, then user, then value. */
  readonly attributes: Map<string, Map<string, AttributeValue>>;
  /** Attribute, then the number of users for whom it is true. */
  readonly memberCounts: Map<string, number>;
  readonly requests: RollingCount;
  /** Each attribute that is set counts, changed or not. */
  dataPoints: number;
  /** Those that changed nothing. */
  unchanged: number;
  profilesCreated: number;
}

export interface Tracking extends Surroundings<BrazeProfile> {
  readonly workspaces: () => readonly WorkspaceState[];
}

export function openWorkspace({ workspaceId, keys, users, blockedUsers = [] }: BrazeWorkspace): WorkspaceState {
  return {
    workspaceId,
    keys: new Set(keys),
    users: users && new Set(users),
    blockedUsers: new Set(blockedUsers),
    attributes: new Map(),
    memberCounts: new Map(),
    requests: createRollingCount(),
    dataPoints: 0,
    unchanged: 0,
    profilesCreated: 0,
  };
}
