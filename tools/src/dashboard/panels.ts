/** What one line of a panel asks Prometheus for. */
export interface Query {
  /** PromQL. `$current` is the Currents chosen above the dashboard, as a regular expression of their numbers. */
  readonly expr: string;
  /** Label of the line, with labels of the result in `{{ }}`. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  readonly description: string;
  /** `stat` shows the present value, `timeseries` its course. */
  readonly type: 'stat' | 'timeseries';
  /** A unit of Grafana: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit */
  readonly unit: 'short' | 's' | 'bytes' | 'percentunit' | 'cps' | 'reqps';
  readonly queries: readonly Query[];
  /** From this value on a `stat` is red. */
  readonly redFrom?: number;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const chosen = 'current=~"$current"';
const rate = '$__rate_interval';

/** Adds the name of the Current, which only an info metric has: https://www.robustperception.io/how-to-have-labels-for-machine-roles */
function named(perCurrent: string): string {
  return `(${perCurrent}) * on (current) group_left (name) max by (current, name) (currents_current_info)`;
}

/** A gauge of the database has the same value in each process of the api, so it is joined by max. */
const gauge = (name: string): string => named(`max by (current) (${name}{${chosen}})`);

const quantile = (share: number, histogram: string): string =>
  `histogram_quantile(${share}, sum by (le) (rate(${histogram}_bucket[${rate}])))`;

const quantileByCurrent = (share: number, histogram: string): string =>
  named(`histogram_quantile(${share}, sum by (current, le) (rate(${histogram}_bucket{${chosen}}[${rate}])))`);

/** The dashboard from top to bottom: what needs a person, what comes in, what goes out, the other direction, the processes. */
export const rows: readonly Row[] = [
  {
    title: 'What needs a person',
    panels: [
      {
        title: 'Live workers',
        description: 'Workers that are alive. Without one, nothing is delivered.',
        type: 'stat',
        unit: 'short',
        queries: [{ expr: 'max(currents_live_workers)', legend: 'workers' }],
      },
      {
        title: 'Blocked Currents',
        description: 'Currents that their destination refuses. Their events are kept for the retry window.',
        type: 'stat',
        unit: 'short',
        redFrom: 1,
        queries: [
          { expr: 'sum(max by (current) (currents_current_state{state="blocked"})) or vector(0)', legend: 'blocked' },
        ],
      },
      {
        title: 'Retry window left',
        description: 'Time until the first pending event of a blocked Current expires.',
        type: 'stat',
        unit: 's',
        queries: [{ expr: 'min(currents_retry_window_left_seconds)', legend: 'left' }],
      },
      {
        title: 'Dead letters',
        description: 'Dead letters that were neither replayed nor discarded.',
        type: 'stat',
        unit: 'short',
        redFrom: 1,
        queries: [{ expr: 'sum(max by (current) (currents_dead_letters))', legend: 'dead letters' }],
      },
      {
        title: 'Ledger differences',
        description: 'Differences that the check of the ledgers found. Above 0 it is a bug: see docs/ledger.md.',
        type: 'stat',
        unit: 'short',
        redFrom: 1,
        queries: [{ expr: 'sum(max by (current) (currents_ledger_differences))', legend: 'differences' }],
      },
      {
        title: 'Parts of the status that cannot be read',
        description: 'While one cannot be read, its gauges are absent.',
        type: 'stat',
        unit: 'short',
        redFrom: 1,
        queries: [{ expr: 'count(min by (part) (currents_status_read_success) == 0) or vector(0)', legend: 'unread' }],
      },
    ],
  },
  {
    title: 'Events in',
    panels: [
      {
        title: 'Events',
        description: 'Events accepted and quarantined, per second.',
        type: 'timeseries',
        unit: 'cps',
        queries: [
          { expr: `sum(rate(currents_events_accepted_total[${rate}]))`, legend: 'accepted' },
          { expr: `sum(rate(currents_events_quarantined_total[${rate}]))`, legend: 'quarantined' },
        ],
      },
      {
        title: 'Requests by status',
        description: 'Requests to /v1/events. 429 and 503 are repeated by their sender.',
        type: 'timeseries',
        unit: 'reqps',
        queries: [{ expr: `sum by (status) (rate(currents_ingest_requests_total[${rate}]))`, legend: '{{status}}' }],
      },
      {
        title: 'Time to the commit',
        description: 'From reading a request to /v1/events to committing its events.',
        type: 'timeseries',
        unit: 's',
        queries: [
          { expr: quantile(0.5, 'currents_ingest_request_duration_seconds'), legend: 'p50' },
          { expr: quantile(0.99, 'currents_ingest_request_duration_seconds'), legend: 'p99' },
        ],
      },
      {
        title: 'Quarantine',
        description: 'How full the quarantine is as a whole, and for the ingest token that uses most of it.',
        type: 'timeseries',
        unit: 'percentunit',
        queries: [
          { expr: 'max(currents_quarantine_bytes) / max(currents_quarantine_max_bytes)', legend: 'as a whole' },
          { expr: 'max(currents_quarantine_fullness_ratio)', legend: 'for the fullest token' },
        ],
      },
      {
        title: 'Wrong tokens and keys',
        description: 'Failed sign-ins, by endpoint.',
        type: 'timeseries',
        unit: 'cps',
        queries: [
          { expr: `sum by (endpoint) (rate(currents_sign_in_failures_total[${rate}]))`, legend: '{{endpoint}}' },
        ],
      },
      {
        title: 'Quarantined bodies that were not kept',
        description: 'Above 0 the quarantine is full: purge it, or raise QUARANTINE_MEGABYTES.',
        type: 'timeseries',
        unit: 'cps',
        queries: [{ expr: `sum(rate(currents_quarantine_bodies_over_budget_total[${rate}]))`, legend: 'not kept' }],
      },
    ],
  },
  {
    title: 'Events out',
    panels: [
      {
        title: 'Outcomes',
        description: 'Events with a final outcome, per second.',
        type: 'timeseries',
        unit: 'cps',
        queries: [
          {
            expr: `sum by (outcome) (rate(currents_event_outcomes_total{${chosen}}[${rate}]))`,
            legend: '{{outcome}}',
          },
        ],
      },
      {
        title: 'Delivered by Current',
        description: 'Events delivered per second, by Current.',
        type: 'timeseries',
        unit: 'cps',
        queries: [
          {
            expr: named(
              `sum by (current) (rate(currents_event_outcomes_total{${chosen},outcome="delivered"}[${rate}]))`,
            ),
            legend: '{{name}}',
          },
        ],
      },
      {
        title: 'Pending events',
        description: 'Events that are still to be delivered, by Current.',
        type: 'timeseries',
        unit: 'short',
        queries: [{ expr: gauge('currents_pending_events'), legend: '{{name}}' }],
      },
      {
        title: 'Age of the oldest pending event',
        description: 'By Current. Keys that the partner limits wait without holding back others.',
        type: 'timeseries',
        unit: 's',
        queries: [{ expr: gauge('currents_oldest_pending_age_seconds'), legend: '{{name}}' }],
      },
      {
        title: 'Time to the delivery, p99',
        description: 'From storing an event to recording it as delivered, by Current.',
        type: 'timeseries',
        unit: 's',
        queries: [{ expr: quantileByCurrent(0.99, 'currents_delivery_latency_seconds'), legend: '{{name}}' }],
      },
      {
        title: 'Responses of partners',
        description: 'By status. Without a response: timeout, unreachable or broken.',
        type: 'timeseries',
        unit: 'reqps',
        queries: [
          {
            expr: `sum by (status) (rate(currents_partner_responses_total{${chosen}}[${rate}]))`,
            legend: '{{status}}',
          },
        ],
      },
      {
        title: 'Duration of an attempt, p99',
        description: 'By Current: mostly the time in which the partner answers.',
        type: 'timeseries',
        unit: 's',
        queries: [{ expr: quantileByCurrent(0.99, 'currents_attempt_duration_seconds'), legend: '{{name}}' }],
      },
      {
        title: 'Throttled keys',
        description: 'Users or devices whose events wait because the partner limits each of them, by Current.',
        type: 'timeseries',
        unit: 'short',
        queries: [{ expr: gauge('currents_throttled_keys'), legend: '{{name}}' }],
      },
      {
        title: 'Dead letters by Current',
        description: 'Dead letters that were neither replayed nor discarded.',
        type: 'timeseries',
        unit: 'short',
        queries: [{ expr: gauge('currents_dead_letters'), legend: '{{name}}' }],
      },
    ],
  },
  {
    title: 'Cohorts, webhooks and notices',
    panels: [
      {
        title: 'Cohort pushes',
        description: 'Requests that push cohort members, by partner and result.',
        type: 'timeseries',
        unit: 'reqps',
        queries: [
          {
            expr: `sum by (partner, result) (rate(currents_cohort_pushes_total[${rate}]))`,
            legend: '{{partner}} {{result}}',
          },
        ],
      },
      {
        title: 'Stale cohorts and stopped pulls',
        description: 'Cohorts that have not synced as their schedule says, and pulls that need a person.',
        type: 'timeseries',
        unit: 'short',
        queries: [
          { expr: 'sum(max by (cohort, partner) (currents_cohort_stale))', legend: 'stale cohorts' },
          { expr: 'max(currents_cohort_pulls_stopped)', legend: 'stopped pulls' },
        ],
      },
      {
        title: 'Changes that webhooks are to receive',
        description: 'Entries and exits of segments, by webhook; counted up to 100,000.',
        type: 'timeseries',
        unit: 'short',
        queries: [{ expr: 'max by (webhook) (currents_webhook_pending_changes)', legend: 'whk_{{webhook}}' }],
      },
      {
        title: 'Notices that are not sent',
        description: 'Mails and requests that wait, by channel, and those of the last day that were given up.',
        type: 'timeseries',
        unit: 'short',
        queries: [
          { expr: 'max by (channel) (currents_pending_notice_messages)', legend: 'waiting: {{channel}}' },
          { expr: 'max(currents_failed_notice_messages)', legend: 'given up' },
        ],
      },
    ],
  },
  {
    title: 'Processes',
    panels: [
      {
        title: 'CPU',
        description: 'Cores in use. One process uses one core, and little more.',
        type: 'timeseries',
        unit: 'percentunit',
        queries: [
          {
            expr: `sum by (job, instance) (rate(process_cpu_seconds_total[${rate}]) and on (job, instance) currents_build_info)`,
            legend: '{{job}} {{instance}}',
          },
        ],
      },
      {
        title: 'Memory',
        description: 'Resident memory.',
        type: 'timeseries',
        unit: 'bytes',
        queries: [
          {
            expr: 'max by (job, instance) (process_resident_memory_bytes and on (job, instance) currents_build_info)',
            legend: '{{job}} {{instance}}',
          },
        ],
      },
      {
        title: 'Longest stall of the event loop',
        description: 'A process that is often blocked answers late, and may lose its leases.',
        type: 'timeseries',
        unit: 's',
        queries: [
          {
            expr: 'max by (job, instance) (currents_event_loop_max_stall_seconds)',
            legend: '{{job}} {{instance}}',
          },
        ],
      },
      {
        title: 'Releases',
        description: 'Processes by version of the hub and of Node.',
        type: 'timeseries',
        unit: 'short',
        queries: [{ expr: 'count by (version, node) (currents_build_info)', legend: '{{version}}, Node {{node}}' }],
      },
    ],
  },
];
