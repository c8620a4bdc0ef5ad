import type { CurrentInput } from '../../hub/adminClient.js';
import type { startPartners } from '../partners.js';

type Partners = Awaited<ReturnType<typeof startPartners>>;

/** A Current of the scenario. */
export interface ScenarioCurrent {
  readonly input: CurrentInput;
  /** Whether it is launched, and what is done to it afterwards. */
  readonly state: 'draft' | 'live' | 'paused';
}

/** The device whose events come faster than Amplitude accepts them. */
export const hotDevice = 'C8F9E604-F01A-4BD9-95C6-8E5357DF265D';

/** Projects of the fake partners, by what happens to the Current that exports to them. */
const projects = {
  healthy: '1002',
  refused: '1003',
  failing: '1004',
  paused: 'app-analytics',
  hot: 'mobile-analytics',
};

/** What a Current leaves out for reasons of privacy. */
const fieldRules = {
  isWithoutContactDetails: true,
  rules: [
    { drop: { fields: ['user_agent', 'device_model'] } },
    { hash: { fields: ['user.external_user_id'] } },
    { constant: { name: 'sent_by', value: 'Currents' } },
  ],
};

/** More Currents, each in another state: healthy, throttled, paused, draft, and two that `breakPartners` makes fail. */
export function scenarioCurrents({ mixpanel, amplitude }: Partners): readonly ScenarioCurrent[] {
  const toMixpanel = (project: string, name: string, channels: readonly string[]): CurrentInput => ({
    ...{ name, contactEmail: 'growth@example.com', destination: 'mixpanel' },
    settings: { region: 'us', baseUrl: mixpanel.url },
    credentials: { kind: 'projectToken', token: tokenOf(project) },
    selection: { channels },
  });
  const toAmplitude = (project: string, name: string, channels: readonly string[], settings = {}): CurrentInput => ({
    ...{ name, contactEmail: 'apps@example.com', destination: 'amplitude' },
    settings: { region: 'us', baseUrl: amplitude.url, ...settings },
    credentials: { apiKey: tokenOf(project) },
    selection: { channels },
  });
  for (const projectId of [projects.healthy, projects.refused, projects.failing])
    mixpanel.control.createProject({ projectId, token: tokenOf(projectId) });
  for (const projectId of [projects.paused, projects.hot])
    amplitude.control.createProject({ projectId, apiKey: tokenOf(projectId) });
  return [
    {
      input: {
        ...toMixpanel(projects.healthy, 'Email and push to Mixpanel', ['message/email', 'message/pushnotification']),
        fieldRules,
      },
      state: 'live',
    },
    {
      input: toMixpanel(projects.refused, 'Purchases to the finance project', [
        'behaviour/purchase',
        'behaviour/custom_event',
      ]),
      state: 'live',
    },
    {
      input: toMixpanel(projects.failing, 'In-app messages to the growth project', [
        'message/inappmessage',
        'message/contentcard',
      ]),
      state: 'live',
    },
    {
      // A contract of one event a second for each device, so that a busy device waits for long.
      input: toAmplitude(projects.hot, 'App sessions to Amplitude', ['behaviour/session'], {
        endpoint: 'httpapi',
        eventsPerSecondPerKey: 1,
      }),
      state: 'live',
    },
    { input: toAmplitude(projects.paused, 'Canvas journeys to Amplitude', ['canvas/canvas']), state: 'paused' },
    {
      input: toMixpanel(projects.healthy, 'Text messages to Mixpanel', ['message/sms', 'message/whatsapp']),
      state: 'draft',
    },
  ];
}

/** From now on Mixpanel refuses the credentials of one project, fails for another, and rejects some events of a third. */
export function breakPartners({ mixpanel: { control } }: Partners): void {
  control.addFault({ match: { project: projects.refused }, action: { kind: 'credentialsRevoked' } });
  control.addFault({ match: { project: projects.failing }, action: { kind: 'status', status: 503 } });
  control.addFault({
    match: { project: projects.healthy, minEvents: 2, count: 6 },
    action: { kind: 'partial400', indexes: [0] },
  });
}

/** A token in the format of the partners, for one of the fake projects. */
function tokenOf(project: string): string {
  return Buffer.from(`demo project ${project}`).toString('hex').padEnd(32, '0').slice(-32);
}
