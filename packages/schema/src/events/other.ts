import { channel, event, group } from './definition.js';
import { app, canvas, canvasStep, demographics, of } from './fragments.js';

const person = of('first_name', 'last_name', 'email_address', 'phone_number', 'dob', 'home_city');
const agent = of('agent_id', 'agent_name');
const model = of('model_provider', 'model_name', 'llm_owned_by_customer');
const tokens = of('prompt_tokens', 'completion_tokens', 'reasoning_tokens', 'cache_tokens', 'total_tokens');
const run = { name: 'duration', type: 'int', description: 'How long it took, in milliseconds.' } as const;

export const other = group('other', 'Other', 'Records about profiles and AI agents.', [
  channel('user', 'User profiles', 'Profiles changed, merged and deleted.', [
    event('users.profile.Update', 'Profile Update', 'A profile changed; what did not change is left out.', {
      required: ['time_ms', 'update_source'],
      optional: [...app, 'archived', ...person, ...demographics, 'custom_attributes'],
    }),
    event(
      'users.RandomBucketNumberUpdate',
      'Random Bucket Number Update',
      'The user was given another random bucket number.',
      { required: ['random_bucket_number'], optional: ['prev_random_bucket_number', 'app_group_id'] },
    ),
    event('users.UserOrphan', 'User Orphan', 'The user was merged into another user and no longer exists.', {
      required: ['orphaned_by_id'],
      optional: app,
    }),
    event('users.UserDeleteRequest', 'User Delete Request', 'The user was deleted on request.', {
      optional: ['app_group_id'],
    }),
  ]),
  channel('agent', 'AI agents', 'Runs of AI agents and of their tools.', [
    event('agentconsole.AgentExecuted', 'Agent executed', 'An AI agent ran.', {
      required: ['invocation_id', 'request_id', run, ...agent, ...model, ...tokens, 'cache_hit', 'is_error'],
      optional: ['provider_request_id', 'invocation_source', 'input', 'output', 'error', ...canvas, ...canvasStep],
    }),
    event('agentconsole.ToolInvocation', 'Tool invocation', 'An AI agent called a tool.', {
      required: ['tool_call_id', 'tool_name', 'tool_arguments', run, ...agent, 'is_error'],
      optional: ['invocation_source', 'request_id'],
    }),
  ]),
]);
