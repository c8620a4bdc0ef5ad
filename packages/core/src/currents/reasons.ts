/** Codes that the engine itself gives to what it skips, rejects or lets expire: code → a sentence for people. */
export const engineReasons: Readonly<Record<string, string>> = {
  duplicate: 'The same event was on its way in the same request already.',
  filtered_by_rule: 'A field rule of the Current leaves the event out.',
  replay_cancelled: 'A replay was to send the event again, and was cancelled before.',
  event_too_large: 'The event is larger than the destination takes in one event.',
  too_far_ahead:
    'The event is dated further in the future than the destination accepts. Replay it when its time has come, or check the clock of its sender.',
  batch_unreadable:
    'The stored bytes of the event cannot be read. They are kept for the retention period; replay the dead letters once the database is restored.',
  deferral_newer:
    'A later release of the hub deferred the event in a form that this one cannot read, and no worker of that release came until the retry window was over.',
  map_threw: 'The connector failed on this event; that is a fault of the hub.',
  send_threw: 'The connector failed while sending, until the retry window was over; that is a fault of the hub.',
  unanswered: 'The destination said nothing of this event, until the retry window was over.',
  no_progress: 'The destination asked for all events again, and took none, until the retry window was over.',
  refused_everything: 'The destination refused every request, until the retry window was over.',
  over_budget: 'What the destination takes of one key in a time was used up, until the retry window was over.',
  user_deleted: 'The data of its user was deleted before this was sent.',
  current_deleted: 'The Current was deleted before this was sent.',
  no_connector: 'The Current was blocked for the whole retry window: a worker has no connector for its destination.',
  settings_invalid: 'The Current was blocked for the whole retry window: its settings no longer fit the connector.',
  field_rules_unreadable:
    'The Current was blocked for the whole retry window: a later release of the hub stored its field rules.',
  credentials_missing: 'The Current was blocked for the whole retry window: it has no credentials.',
  credentials_unreadable: 'The Current was blocked for the whole retry window: its credentials could not be opened.',
  base_url_not_allowed:
    'The Current was blocked for the whole retry window: it has a base URL or one without encryption, and the workers do not allow that.',
};
