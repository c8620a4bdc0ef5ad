/** What documents read of a `Problem`, for unions without `InputInvalid`. */
export const plainProblem = '... on Problem { problemCode: code message remedy }';
export const problem = `${plainProblem} ... on InputInvalid { problems { path message } }`;
/** What documents read of a page, beside its nodes. */
export const page = 'pageInfo { hasNextPage endCursor }';
