import { connectControl } from '../control/connectControl.js';
import type { FakeControl, Remote } from '../control/control.js';
import { startFake, type Fake, type FakeOptions, type Partner, type Surroundings } from '../fake.js';
import { compact } from './compaction.js';
import { mixpanelSwitches, type MixpanelProfile } from './profile.js';
import { mixpanelRegions, openProject, type MixpanelProject, type ProjectState } from './project.js';
import type { QueryCohort } from './queryApi.js';
import { createMixpanelService } from './service.js';

const calls = {
  compact: '/_ctl/mixpanel/compact',
  setCohort: '/_ctl/mixpanel/cohort',
  profileOf: '/_ctl/mixpanel/profile',
} as const;

type MixpanelExtra = ReturnType<typeof open>['extra'];
export type MixpanelControl = FakeControl<MixpanelProject, MixpanelProfile> & MixpanelExtra;
export type FakeMixpanel = Fake<MixpanelControl>;
export type FakeMixpanelOptions = FakeOptions<MixpanelProject, MixpanelProfile>;

function open(surroundings: Surroundings<MixpanelProfile>) {
  const states: ProjectState[] = [];
  const stateOf = (projectId: string): ProjectState => {
    const state = states.find(({ project }) => project.projectId === projectId);
    if (state === undefined) throw new Error(`there is no project ${JSON.stringify(projectId)}`);
    return state;
  };
  return {
    service: createMixpanelService({ ...surroundings, projects: () => states }),
    createProject(project: MixpanelProject): void {
      const keys = [project.token, project.secret];
      const taken = states.find(
        ({ project: known }) => known.projectId === project.projectId || keys.includes(known.token),
      );
      if (taken !== undefined)
        throw new Error(`there is already a project ${taken.project.projectId} with this id or token`);
      states.push(openProject(project));
    },
    extra: {
      /** Returns the events that the compaction would drop now; changes nothing. */
      compact: (idProperty: string) => compact(surroundings.ledger.snapshot(0).view, idProperty),
      /** Creates or replaces a cohort of the Query API. Throws for an unknown project. */
      setCohort: (projectId: string, cohort: QueryCohort): void =>
        void stateOf(projectId).cohorts.set(cohort.id, cohort),
      /** The properties of a profile; undefined if there is none. Throws for an unknown project. */
      profileOf: (projectId: string, distinctId: string) => stateOf(projectId).people.get(distinctId),
    },
  };
}

const mixpanel: Partner<MixpanelProject, typeof mixpanelSwitches, MixpanelExtra> = {
  name: 'mixpanel',
  listeners: mixpanelRegions,
  switches: mixpanelSwitches,
  // Mixpanel, event deduplication page: the latest copy is kept, without a time limit.
  ledger: { winner: 'last', windowSeconds: Infinity },
  calls,
  open,
};

/** A strict Mixpanel on 127.0.0.1 with one listener per region: `url` is the US one, `urls` has `us`, `eu` and `in`. */
export function startFakeMixpanel(options: FakeMixpanelOptions = {}): Promise<FakeMixpanel> {
  return startFake(mixpanel, options);
}

/** The control of a fake Mixpanel that runs in another process. */
export function connectFakeMixpanel(controlUrl: string): Remote<MixpanelControl> {
  return connectControl<MixpanelProject, MixpanelProfile, MixpanelExtra>(controlUrl, calls);
}
