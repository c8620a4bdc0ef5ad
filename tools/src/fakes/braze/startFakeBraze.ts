import { connectControl } from '../control/connectControl.js';
import type { FakeControl, Remote } from '../control/control.js';
import { startFake, type Fake, type FakeOptions, type Partner, type Surroundings } from '../fake.js';
import { brazeSwitches, type BrazeProfile } from './profile.js';
import { createBrazeService } from './service.js';
import { openWorkspace, type BrazeWorkspace, type WorkspaceState } from './workspace.js';

const calls = {
  membersOf: '/_ctl/braze/members',
  countsOf: '/_ctl/braze/counts',
  setKeys: '/_ctl/braze/keys',
} as const;

type BrazeExtra = ReturnType<typeof open>['extra'];
export type BrazeControl = FakeControl<BrazeWorkspace, BrazeProfile> & BrazeExtra;
export type FakeBraze = Fake<BrazeControl>;
export type FakeBrazeOptions = FakeOptions<BrazeWorkspace, BrazeProfile>;

function open(surroundings: Surroundings<BrazeProfile>) {
  const states: WorkspaceState[] = [];

  function find(workspaceId: string): WorkspaceState {
    const state = states.find((each) => each.workspaceId === workspaceId);
    if (state === undefined) throw new Error(`there is no workspace ${JSON.stringify(workspaceId)}`);
    return state;
  }

  return {
    service: createBrazeService({ ...surroundings, workspaces: () => states }),
    createProject(workspace: BrazeWorkspace): void {
      const taken = states.find(
        ({ workspaceId, keys }) => workspaceId === workspace.workspaceId || workspace.keys.some((key) => keys.has(key)),
      );
      if (taken) throw new Error(`there is already a workspace ${taken.workspaceId} with this id or key`);
      states.push(openWorkspace(workspace));
    },
    extra: {
      /** The users whose attribute is true, in order: `external:` or `alias:label:` and the id. */
      membersOf(workspaceId: string, attribute: string): readonly string[] {
        const values = find(workspaceId).attributes.get(attribute) ?? new Map<string, boolean>();
        return [...values].flatMap(([user, value]) => (value === true ? [user] : [])).sort();
      },
      /** How often attributes were set, how often without a change, and how many users an attribute is true for. */
      countsOf(workspaceId: string, attribute: string) {
        const { dataPoints, unchanged, profilesCreated, memberCounts } = find(workspaceId);
        return { dataPoints, unchanged, profilesCreated, memberCount: memberCounts.get(attribute) ?? 0 };
      },
      /** Replaces the keys of a workspace: others are refused from now on. */
      setKeys(workspaceId: string, keys: readonly string[]): void {
        const known = find(workspaceId).keys;
        known.clear();
        for (const key of keys) known.add(key);
      },
    },
  };
}

const braze: Partner<BrazeWorkspace, typeof brazeSwitches, BrazeExtra> = {
  name: 'braze',
  listeners: ['rest'],
  switches: brazeSwitches,
  // Attributes have no identity of their own: the last value is the one that counts.
  ledger: { winner: 'last', windowSeconds: Infinity },
  calls,
  open,
};

/** A strict Braze on 127.0.0.1, as far as `/users/track` goes. */
export function startFakeBraze(options: FakeBrazeOptions = {}): Promise<FakeBraze> {
  return startFake(braze, options);
}

/** The control of a fake Braze that runs in another process. */
export function connectFakeBraze(controlUrl: string): Remote<BrazeControl> {
  return connectControl<BrazeWorkspace, BrazeProfile, BrazeExtra>(controlUrl, calls);
}
