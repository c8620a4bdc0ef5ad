import { createAdminClient } from '../../src/hub/adminClient.js';

/** Makes a key by which Mixpanel pushes cohorts. */
export async function createImportKey(apiUrl: string, adminToken: string): Promise<string> {
  const made = await createAdminClient(apiUrl, adminToken).ask<{ createImportKey: { key: string } }>(
    'mutation { createImportKey(input: { partner: "mixpanel", name: "test" }) { ... on CreateImportKeyPayload { key } } }',
  );
  return made.createImportKey.key;
}

interface Push {
  readonly apiUrl: string;
  readonly importKey: string;
  readonly cohort: { readonly id: string; readonly name: string };
  /** The same session is taken once. */
  readonly session: string;
}

/** Pushes the whole of a cohort as Mixpanel does. Answers the status. */
export async function pushMembers(
  members: readonly string[],
  { apiUrl, importKey, cohort, session }: Push,
): Promise<number> {
  const response = await fetch(`${apiUrl}/partners/mixpanel/webhook`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`mixpanel:${importKey}`).toString('base64')}`,
    },
    body: JSON.stringify({
      action: 'members',
      parameters: {
        mixpanel_project_id: '1',
        mixpanel_cohort_id: cohort.id,
        mixpanel_cohort_name: cohort.name,
        mixpanel_session_id: session,
        page_info: { total_pages: 1, page_count: 1 },
        members: members.map((id) => ({ mixpanel_distinct_id: id })),
      },
    }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Pushes the cohort "Big spenders", which has one member. Answers the status. */
export function pushCohort(apiUrl: string, importKey: string, session: string): Promise<number> {
  return pushMembers([session], { apiUrl, importKey, cohort: { id: '678', name: 'Big spenders' }, session });
}
