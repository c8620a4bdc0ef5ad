import type { PropertyName } from './properties.js';

// Properties that travel together. An event that carries only some of a set names them one by one.

/** A list of property names with its literal type. */
export const of = <const Names extends readonly PropertyName[]>(...names: Names): Names => names;

export const app = of('app_group_id', 'app_id');
export const device = of('platform', 'os_version', 'device_model');
export const screen = of('browser', 'carrier', 'resolution');
export const advertising = of('ad_id', 'ad_id_type', 'ad_tracking_enabled');
export const demographics = of('gender', 'country', 'language');

export const campaign = of('campaign_id', 'campaign_name', 'message_variation_id', 'message_variation_name');
export const canvas = of('canvas_id', 'canvas_name', 'canvas_variation_id', 'canvas_variation_name');
export const canvasStep = of('canvas_step_id', 'canvas_step_name');
export const stepMessage = of('canvas_step_message_variation_id');

/** Where a message came from: a campaign or a Canvas step. */
export const origin = of('app_group_id', ...campaign, ...canvas, ...canvasStep);
export const transmission = of('dispatch_id', 'send_id');
/** What most messages carry. */
export const transmitted = of(...origin, ...transmission);
export const abort = of('abort_type', 'abort_log');
export const retry = of('retry_type', 'retry_log');
export const conversion = of('conversion_behavior_index', 'conversion_behavior');
export const suspectedBot = of('is_suspected_bot_click', 'suspected_bot_click_reason');
