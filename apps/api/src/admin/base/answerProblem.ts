/** Thrown where a problem is found in the midst of reading an input; becomes the answer of the field, or its error. */
export class AnswerProblem extends Error {
  constructor(readonly problem: ProblemAnswer) {
    super(problem.message);
    this.name = 'AnswerProblem';
  }
}

/** A value of a GraphQL type that implements `Problem`; `kind` names the type. */
export interface ProblemAnswer {
  readonly kind: string;
  readonly message: string;
  /** Only where it is not the type's name in capitals. */
  readonly code?: string;
  readonly [field: string]: unknown;
}
