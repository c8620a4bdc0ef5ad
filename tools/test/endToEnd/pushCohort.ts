import { createAdminClient } from '../../src/hub/adminClient.js';

/** Makes a key by which Mixpanel pushes cohorts. */
export async function createImportKey(apiUrl: string, adminToken: string): Promise<string> {
  const made = await createAdminClient(apiUrl, adminToken).ask<{ createImportKey: { key: string } }>(
    'mutation { createImportKey(input: { partner: "mixpanel", name: "test" }) { ... on CreateImportKeyPayload { key } } }',
  );
  return made.createImportKey.key;
}

/** Pushes the cohort "Big spenders", which has one member, as Mixpanel does. Answers the status. */
export async function pushCohort(apiUrl: string, key: string, session: string): Promise<number> {
  const response = await fetch(`${apiUrl}/partners/mixpanel/webhook`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`mixpanel:${key}`).toString('base64')}`,
    },
    body: JSON.stringify({
      action: 'members',
      parameters: {
        mixpanel_project_id: '1',
        mixpanel_cohort_id: '678',
        mixpanel_cohort_name: 'Big spenders',
        mixpanel_session_id: session,
        page_info: { total_pages: 1, page_count: 1 },
        members: [{ mixpanel_distinct_id: session }],
      },
    }),
  });
  await response.arrayBuffer();
  return response.status;
}
