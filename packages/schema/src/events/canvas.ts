import { channel, event, group } from './definition.js';
import { abort, app, canvas as canvasOrigin, canvasStep, conversion, stepMessage } from './fragments.js';

const exit = {
  required: ['app_group_id', 'canvas_id', 'canvas_variation_id'],
  optional: ['canvas_name', 'canvas_variation_name', ...canvasStep],
  deprecatedProperties: ['app_group_api_id', 'canvas_api_id', 'canvas_variation_api_id', 'canvas_step_api_id'],
} as const;

const experiment = ['experiment_step_id', 'experiment_split_id', 'experiment_split_name'] as const;

export const canvas = group('canvas', 'Canvases', 'What happens in a Canvas, a journey of several steps.', [
  channel('canvas', 'Canvases', 'Entries, progress, experiments, conversions, exits and aborts.', [
    event(
      'users.canvas.Abort',
      'Canvas Abort',
      'The message of a Canvas step was not sent. Newer platforms report it per channel instead.',
      {
        optional: ['app_group_id', ...canvasOrigin, ...canvasStep, ...stepMessage, ...abort],
        aliases: ['users_canvas_abort'],
      },
    ),
    event(
      'users.canvas.Conversion',
      'Canvas Conversion Event',
      'The user did what the Canvas counts as a conversion.',
      {
        required: ['canvas_id', 'canvas_variation_id'],
        optional: ['canvas_name', 'canvas_variation_name', ...canvasStep, ...conversion, ...app],
      },
    ),
    event('users.canvas.Entry', 'Canvas Entry', 'The user entered a Canvas and was given a variant.', {
      required: ['canvas_id', 'canvas_variation_id', 'in_control_group'],
      optional: ['canvas_name', 'canvas_variation_name', ...canvasStep, 'app_group_id'],
    }),
    event(
      'users.canvas.exit.MatchedAudience',
      'Canvas Exit Matched Audience',
      'The user left a Canvas by coming to match its exit audience.',
      exit,
    ),
    event(
      'users.canvas.exit.PerformedEvent',
      'Canvas Exit Performed Event',
      'The user left a Canvas by doing one of its exit events.',
      exit,
    ),
    event(
      'users.canvas.experimentstep.Conversion',
      'Experiment Step Conversion',
      'A conversion was counted for a path of an experiment step.',
      { optional: [...experiment, ...canvasOrigin, ...canvasStep, ...conversion, ...app, 'workflow_id'] },
    ),
    event(
      'users.canvas.experimentstep.SplitEntry',
      'Experiment Step Split Path Entry',
      'The user entered a path of an experiment step.',
      { required: ['in_control_group'], optional: [...experiment, ...canvasOrigin, ...canvasStep] },
    ),
    event(
      'users.canvasstep.Progression',
      'Canvas Step Progression',
      'The user moved on to a step of a Canvas, or out of it.',
      {
        required: ['progression_type', 'canvas_entry_id'],
        optional: ['is_canvas_entry', 'exit_reason', 'next_step_id', ...canvasOrigin, ...canvasStep, 'app_group_id'],
      },
    ),
    event(
      'users.canvas.costep.Send',
      'Canvas Content Optimizer Step Send',
      'A content optimizer step sent a message with the combination it chose.',
      {
        required: ['content_optimizer_step_id', 'combination_token'],
        optional: ['app_group_id', 'channel', 'canvas_variation_id', 'dispatch_id'],
      },
    ),
  ]),
]);
