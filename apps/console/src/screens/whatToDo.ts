/** What the console offers where the hub's own words name a mutation, by what is wrong. */
const inConsole: Readonly<Record<string, string>> = {
  COHORT_PULL_STOPPED: 'Repair what the message names, then pull the cohort again on its screen.',
  CURRENT_BLOCKED:
    'Repair what the message names at the destination, or enter new credentials on the screen of the Current. It resumes by itself once a probe passes.',
  CURRENT_PAUSED: 'Resume it on its screen. Its events are kept meanwhile.',
  CURRENT_WARNING: 'Its screen has the warnings. A warning ends a week after its reason was last noticed.',
  DEAD_LETTERS: 'Their list says why. Replay them there once the reason is gone.',
  QUARANTINED_EVENTS:
    'Their list says why they were refused. Once the reason is gone, release them with the command currents quarantine release, or purge them.',
  SEGMENT_SYNC_BLOCKED:
    'Repair what the destination refuses, or enter new credentials on the screen of the sync. It resumes by itself once a probe passes.',
  WEBHOOK_BLOCKED:
    'Repair its receiver. It resumes by itself once a probe passes, or at once with Resume on the screen of its segment.',
};

/** What a person does about a finding or a notice. */
export function whatToDo({ kind, remedy }: { readonly kind: string; readonly remedy: string }): string {
  return inConsole[kind] ?? remedy;
}
