import type { GroupDefinition } from './definition.js';
import { canvas, canvasStep, demographics } from './fragments.js';

const run = { name: 'duration', type: 'int', description: 'How long it took, in milliseconds.' } as const;

export const other: GroupDefinition = {
  group: 'other',
  label: 'Other',
  description: 'Records about profiles and AI agents.',
  channels: [
    {
      channel: 'user',
      label: 'User profiles',
      description: 'Profiles changed, merged and deleted.',
      events: [
        {
          name: 'users.profile.Update',
          title: 'Profile Update',
          description: 'A profile changed; what did not change is left out.',
          required: ['time_ms', 'update_source'],
          optional: [
            'app_group_id',
            'app_id',
            'archived',
            'first_name',
            'last_name',
            'email_address',
            'phone_number',
            'dob',
            'home_city',
            ...demographics,
            'custom_attributes',
          ],
        },
        {
          name: 'users.RandomBucketNumberUpdate',
          title: 'Random Bucket Number Update',
          description: 'The user was given another random bucket number.',
          required: ['random_bucket_number'],
          optional: ['prev_random_bucket_number', 'app_group_id'],
        },
        {
          name: 'users.UserOrphan',
          title: 'User Orphan',
          description: 'The user was merged into another user and no longer exists.',
          required: ['orphaned_by_id'],
          optional: ['app_group_id', 'app_id'],
        },
        {
          name: 'users.UserDeleteRequest',
          title: 'User Delete Request',
          description: 'The user was deleted on request.',
          optional: ['app_group_id'],
        },
      ],
    },
    {
      channel: 'agent',
      label: 'AI agents',
      description: 'Runs of AI agents and of their tools.',
      events: [
        {
          name: 'agentconsole.AgentExecuted',
          title: 'Agent executed',
          description: 'An AI agent ran.',
          required: [
            'invocation_id',
            'request_id',
            run,
            'agent_id',
            'agent_name',
            'model_provider',
            'model_name',
            'llm_owned_by_customer',
            'prompt_tokens',
            'completion_tokens',
            'reasoning_tokens',
            'cache_tokens',
            'total_tokens',
            'cache_hit',
            'is_error',
          ],
          optional: ['provider_request_id', 'invocation_source', 'input', 'output', 'error', ...canvas, ...canvasStep],
        },
        {
          name: 'agentconsole.ToolInvocation',
          title: 'Tool invocation',
          description: 'An AI agent called a tool.',
          required: ['tool_call_id', 'tool_name', 'tool_arguments', run, 'agent_id', 'agent_name', 'is_error'],
          optional: ['invocation_source', 'request_id'],
        },
      ],
    },
  ],
};
