import type { GroupDefinition } from './definition.js';
import { abort, canvas as canvasOrigin, canvasStep, stepMessage } from './fragments.js';

const exit = {
  required: ['app_group_id', 'canvas_id', 'canvas_variation_id'],
  optional: ['canvas_name', 'canvas_variation_name', ...canvasStep],
  deprecatedProperties: ['app_group_api_id', 'canvas_api_id', 'canvas_variation_api_id', 'canvas_step_api_id'],
} as const;

const experiment = ['experiment_step_id', 'experiment_split_id', 'experiment_split_name'] as const;

export const canvas: GroupDefinition = {
  group: 'canvas',
  label: 'Canvases',
  description: 'What happens in a Canvas, a journey of several steps.',
  channels: [
    {
      channel: 'canvas',
      label: 'Canvases',
      description: 'Entries, progress, experiments, conversions, exits and aborts.',
      events: [
        {
          name: 'users.canvas.Abort',
          title: 'Canvas Abort',
          description: 'The message of a Canvas step was not sent. Newer platforms report it per channel instead.',
          optional: ['app_group_id', ...canvasOrigin, ...canvasStep, ...stepMessage, ...abort],
          aliases: ['users_canvas_abort'],
        },
        {
          name: 'users.canvas.Conversion',
          title: 'Canvas Conversion Event',
          description: 'The user did what the Canvas counts as a conversion.',
          required: ['canvas_id', 'canvas_variation_id'],
          optional: [
            'canvas_name',
            'canvas_variation_name',
            ...canvasStep,
            'conversion_behavior_index',
            'conversion_behavior',
            'app_group_id',
            'app_id',
          ],
        },
        {
          name: 'users.canvas.Entry',
          title: 'Canvas Entry',
          description: 'The user entered a Canvas and was given a variant.',
          required: ['canvas_id', 'canvas_variation_id', 'in_control_group'],
          optional: ['canvas_name', 'canvas_variation_name', ...canvasStep, 'app_group_id'],
        },
        {
          name: 'users.canvas.exit.MatchedAudience',
          title: 'Canvas Exit Matched Audience',
          description: 'The user left a Canvas by coming to match its exit audience.',
          ...exit,
        },
        {
          name: 'users.canvas.exit.PerformedEvent',
          title: 'Canvas Exit Performed Event',
          description: 'The user left a Canvas by doing one of its exit events.',
          ...exit,
        },
        {
          name: 'users.canvas.experimentstep.Conversion',
          title: 'Experiment Step Conversion',
          description: 'A conversion was counted for a path of an experiment step.',
          optional: [
            ...experiment,
            ...canvasOrigin,
            ...canvasStep,
            'conversion_behavior_index',
            'conversion_behavior',
            'app_group_id',
            'app_id',
            'workflow_id',
          ],
        },
        {
          name: 'users.canvas.experimentstep.SplitEntry',
          title: 'Experiment Step Split Path Entry',
          description: 'The user entered a path of an experiment step.',
          required: ['in_control_group'],
          optional: [...experiment, ...canvasOrigin, ...canvasStep],
        },
        {
          name: 'users.canvasstep.Progression',
          title: 'Canvas Step Progression',
          description: 'The user moved on to a step of a Canvas, or out of it.',
          required: ['progression_type', 'canvas_entry_id'],
          optional: ['is_canvas_entry', 'exit_reason', 'next_step_id', ...canvasOrigin, ...canvasStep, 'app_group_id'],
        },
        {
          name: 'users.canvas.costep.Send',
          title: 'Canvas Content Optimizer Step Send',
          description: 'A content optimizer step sent a message with the combination it chose.',
          required: ['content_optimizer_step_id', 'combination_token'],
          optional: ['app_group_id', 'channel', 'canvas_variation_id', 'dispatch_id'],
        },
      ],
    },
  ],
};
