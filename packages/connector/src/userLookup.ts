/** A user by either id, or by both. */
type UserIds =
  { readonly userId: string; readonly deviceId?: string } | { readonly userId?: string; readonly deviceId: string };

/** The parts of a profile to read. A partner leaves out parts that it does not offer. */
export interface ProfileParts {
  readonly properties?: boolean;
  /** The cohorts that contain the user. */
  readonly cohortIds?: boolean;
  /** Properties that the partner computes: all, or those with these ids. They are part of `properties`. */
  readonly computations?: 'all' | readonly string[];
  /** `model` and `random` override the user's control group. */
  readonly recommendations?: { readonly ids: readonly string[]; readonly type?: 'model' | 'random' };
  readonly propensities?: { readonly predictionIds: readonly string[]; readonly type: 'score' | 'percentile' };
}

export type UserQuery = UserIds & { readonly parts: ProfileParts };

/** The requested parts of a profile; a part without content is missing. */
export interface UserProfile {
  readonly userId?: string;
  readonly deviceId?: string;
  /** The user's properties, including computed ones. */
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly cohortIds?: readonly string[];
  readonly recommendations?: readonly Recommendation[];
  readonly propensities?: readonly Propensity[];
}

export interface Recommendation {
  readonly id: string;
  /** Differs from `id` while the partner compares models. */
  readonly childId?: string;
  readonly items: readonly unknown[];
  /** True: the user is in the control group and has to see the default. */
  readonly isControl: boolean;
  /** The model. */
  readonly source?: string;
  /** Unix seconds. */
  readonly updatedAt?: number;
}

export interface Propensity {
  readonly predictionId: string;
  /** A probability or a percentile, as requested. */
  readonly value: number;
}

export type UserAnswer =
  | { readonly outcome: 'found'; readonly profile: UserProfile }
  /** The partner knows neither id. */
  | { readonly outcome: 'notFound' }
  /** The region has no profiles, or the Current has no credentials for them. */
  | { readonly outcome: 'notAvailable'; readonly code: string; readonly detail: string }
  /** An admin has to repair the Current. */
  | { readonly outcome: 'refused'; readonly code: string; readonly detail: string }
  /** The partner's limit of requests is reached. */
  | { readonly outcome: 'throttled'; readonly afterMs: number; readonly detail: string }
  | { readonly outcome: 'unreachable'; readonly code: string; readonly detail: string };
