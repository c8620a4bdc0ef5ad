import { isRecord } from '@currents/connector';
import type { Propensity, Recommendation, UserProfile } from '@currents/connector';

type Body = Readonly<Record<string, unknown>>;

/** Reads `userData` (Amplitude, User Profile API reference). What is not of the documented type counts as not there. */
export function readUserData(userData: Body, predictionIds: readonly string[]): UserProfile {
  const {
    user_id: userId,
    device_id: deviceId,
    amp_props: properties,
    cohort_ids: cohortIds,
    recommendations,
  } = userData;
  const propensities = readPropensities(userData, predictionIds);
  return {
    ...(typeof userId === 'string' && { userId }),
    ...(typeof deviceId === 'string' && { deviceId }),
    ...(isRecord(properties) && { properties }),
    ...(Array.isArray(cohortIds) && { cohortIds: cohortIds.filter((id) => typeof id === 'string') }),
    ...(Array.isArray(recommendations) && { recommendations: recommendations.flatMap(readRecommendation) }),
    ...(propensities !== undefined && { propensities }),
  };
}

function readRecommendation(value: unknown): Recommendation[] {
  if (!isRecord(value)) return [];
  const { rec_id: id, child_rec_id: childId, items, is_control: isControl } = value;
  const { recommendation_source: source, last_updated: updatedAt } = value;
  if (typeof id !== 'string' || !Array.isArray(items)) return [];
  return [
    {
      id,
      items,
      isControl: isControl === true,
      ...(typeof childId === 'string' && { childId }),
      ...(typeof source === 'string' && { source }),
      ...(typeof updatedAt === 'number' && { updatedAt }),
    },
  ];
}

/** The answer to a single prediction may be a bare number. */
function readPropensities(
  { propensities, propensity }: Body,
  [predictionId, ...others]: readonly string[],
): Propensity[] | undefined {
  if (Array.isArray(propensities)) return propensities.flatMap(readPropensity);
  if (typeof propensity !== 'number' || predictionId === undefined || others.length > 0) return undefined;
  return [{ predictionId, value: propensity }];
}

function readPropensity(value: unknown): Propensity[] {
  if (!isRecord(value)) return [];
  const { pred_id: predictionId, prop } = value;
  return typeof predictionId === 'string' && typeof prop === 'number' ? [{ predictionId, value: prop }] : [];
}
