import { connectControl } from '../control/connectControl.js';
import type { FakeControl, Remote } from '../control/control.js';
import { startFake, type Fake, type FakeOptions, type Partner, type Surroundings } from '../fake.js';
import { amplitudeSwitches, type AmplitudeProfile } from './profile.js';
import type { AmplitudeCohort } from './cohortsApi.js';
import { openProject, type AmplitudeProject, type ProjectState } from './project.js';
import { createAmplitudeService } from './service.js';
import type { UserProfile } from './userProfile.js';

const calls = {
  silence: '/_ctl/amplitude/silence',
  setLimits: '/_ctl/amplitude/limits',
  maxInAWindow: '/_ctl/amplitude/most',
  setUserProfile: '/_ctl/amplitude/userprofile',
  setCohort: '/_ctl/amplitude/cohort',
} as const;

type AmplitudeExtra = ReturnType<typeof open>['extra'];
export type AmplitudeControl = FakeControl<AmplitudeProject, AmplitudeProfile> & AmplitudeExtra;
export type FakeAmplitude = Fake<AmplitudeControl>;
export type FakeAmplitudeOptions = FakeOptions<AmplitudeProject, AmplitudeProfile>;

function open(surroundings: Surroundings<AmplitudeProfile>) {
  const states: ProjectState[] = [];
  const users: UserProfile[] = [];
  const stateOf = (apiKey: string): ProjectState => {
    const state = states.find(({ project }) => project.apiKey === apiKey);
    if (state === undefined) throw new Error(`there is no project with the key ${JSON.stringify(apiKey)}`);
    return state;
  };
  return {
    service: createAmplitudeService({ ...surroundings, projects: () => states }, () => users),
    createProject(project: AmplitudeProject): void {
      if (states.some(({ project: known }) => known.apiKey === project.apiKey))
        throw new Error(`there is already a project with the key ${project.apiKey}`);
      states.push(openProject(project));
    },
    /** Functions with an `apiKey` throw for an unknown project. */
    extra: {
      /** Replaces the project's list of silenced devices. */
      silence(apiKey: string, deviceIds: readonly string[]): void {
        const { silenced } = stateOf(apiKey);
        silenced.clear();
        for (const id of deviceIds) silenced.add(id);
      },
      /** Changes limits of a project; keeps its counts and pauses. */
      setLimits(apiKey: string, limits: NonNullable<AmplitudeProject['limits']>): void {
        const state = stateOf(apiKey);
        state.limits = { ...state.limits, ...limits };
      },
      /** The maximum number of events of one user or device that were accepted in any window of the rate. */
      maxInAWindow: (apiKey: string, id: string) => stateOf(apiKey).throttle.maxInAWindow(id),
      /** Creates or replaces a cohort of the Behavioral Cohorts API. */
      setCohort: (apiKey: string, cohort: AmplitudeCohort) => void stateOf(apiKey).cohorts.set(cohort.id, cohort),
      /** Creates or replaces a user of the User Profile API. */
      setUserProfile(user: UserProfile): void {
        const at = users.findIndex(({ userId, deviceId }) => userId === user.userId && deviceId === user.deviceId);
        if (at < 0) users.push(user);
        else users[at] = user;
      },
    },
  };
}

const amplitude: Partner<AmplitudeProject, typeof amplitudeSwitches, AmplitudeExtra> = {
  name: 'amplitude',
  listeners: ['us', 'eu', 'profile'],
  switches: amplitudeSwitches,
  // Amplitude, HTTP V2 API: a copy is ignored for seven days after the first.
  ledger: { winner: 'first', windowSeconds: 7 * 86_400 },
  calls,
  open,
};

/** A strict Amplitude on 127.0.0.1: `url` and `urls.us` are the US ingestion, `urls.eu` the EU one, `urls.profile` the User Profile API. */
export function startFakeAmplitude(options: FakeAmplitudeOptions = {}): Promise<FakeAmplitude> {
  return startFake(amplitude, options);
}

/** The control of a fake Amplitude that runs in another process. */
export function connectFakeAmplitude(controlUrl: string): Remote<AmplitudeControl> {
  return connectControl<AmplitudeProject, AmplitudeProfile, AmplitudeExtra>(controlUrl, calls);
}
