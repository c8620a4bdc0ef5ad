import type { FakeControl } from '../control/control.js';
import { startFake, type Fake, type FakeOptions, type Partner, type Surroundings } from '../fake.js';
import { posthogSwitches, type PostHogProfile } from './profile.js';
import { createPostHogService, type PostHogProject } from './service.js';

export type FakePostHog = Fake<FakeControl<PostHogProject, PostHogProfile>>;

function open(surroundings: Surroundings<PostHogProfile>) {
  const projects: PostHogProject[] = [];
  return {
    service: createPostHogService({ ...surroundings, projects }),
    createProject(project: PostHogProject): void {
      if (projects.some(({ token }) => token === project.token))
        throw new Error(`there is already a project with the token of ${project.projectId}`);
      projects.push(project);
    },
    extra: {},
  };
}

const posthog: Partner<PostHogProject, typeof posthogSwitches, object> = {
  name: 'posthog',
  listeners: ['us', 'eu'],
  switches: posthogSwitches,
  // PostHog, docs, Data, Events: the copy that came last replaces the others, without a time limit.
  ledger: { winner: 'last', windowSeconds: Infinity },
  calls: {},
  open,
};

/** A strict PostHog on 127.0.0.1 with one listener per region: `url` is the US one. */
export function startFakePostHog(options: FakeOptions<PostHogProject, PostHogProfile> = {}): Promise<FakePostHog> {
  return startFake(posthog, options);
}
