/** Whose profile: by either id, or by both. */
export type WhichUser =
  { readonly userId: string; readonly deviceId?: string } | { readonly userId?: string; readonly deviceId: string };

/** What to ask for; what is not asked for is not answered. A partner leaves out what it does not offer. */
export interface ProfileParts {
  readonly properties?: boolean;
  /** The cohorts that the user is in, as far as the partner tells them here. */
  readonly cohortIds?: boolean;
  /** Properties that the partner computes: all, or those of these ids. They come among the properties. */
  readonly computations?: 'all' | readonly string[];
  /** `model` and `random` override the control group that the partner has put the user in. */
  readonly recommendations?: { readonly ids: readonly string[]; readonly type?: 'model' | 'random' };
  readonly propensities?: { readonly predictionIds: readonly string[]; readonly type: 'score' | 'percentile' };
}

export type UserQuery = WhichUser & { readonly parts: ProfileParts };

/** What the partner knows of a user, as far as it was asked; a part it has nothing for is missing. */
export interface UserProfile {
  readonly userId?: string;
  readonly deviceId?: string;
  /** The user's properties, the computed ones among them. */
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly cohortIds?: readonly string[];
  readonly recommendations?: readonly Recommendation[];
  readonly propensities?: readonly Propensity[];
}

export interface Recommendation {
  readonly id: string;
  /** Differs from `id` while the partner tries models against each other. */
  readonly childId?: string;
  readonly items: readonly unknown[];
  /** True: show this user what everybody sees, or the effect cannot be measured. */
  readonly isControl: boolean;
  /** The model that made it. */
  readonly source?: string;
  /** Unix seconds. */
  readonly updatedAt?: number;
}

export interface Propensity {
  readonly predictionId: string;
  /** A probability, or a percentile, as was asked for. */
  readonly value: number;
}

export type UserAnswer =
  | { readonly outcome: 'found'; readonly profile: UserProfile }
  /** The partner has seen neither id. */
  | { readonly outcome: 'notFound' }
  /** Not with this Current: the partner does not offer it in this region, or it lacks credentials for it. */
  | { readonly outcome: 'notAvailable'; readonly code: string; readonly detail: string }
  /** Asking again changes nothing before a person repairs the Current. */
  | { readonly outcome: 'refused'; readonly code: string; readonly detail: string }
  /** The partner has had as many questions as it takes for now. */
  | { readonly outcome: 'throttled'; readonly afterMs: number; readonly detail: string }
  | { readonly outcome: 'unreachable'; readonly code: string; readonly detail: string };
