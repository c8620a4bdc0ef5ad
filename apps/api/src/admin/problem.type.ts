import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import type {
  CurrentAction as ActionName,
  CurrentState as StateName,
  FieldProblemCode as CodeName,
} from '@currents/core';
import { enumOf } from './base/enum.js';
import { Problem, ProblemType } from './base/problem.js';

export const State: { readonly [Name in StateName]: Name } = {
  draft: 'draft',
  live: 'live',
  paused: 'paused',
  blocked: 'blocked',
  deleted: 'deleted',
};
registerEnumType(State, {
  name: 'State',
  description: 'Where a Current stands: draft → live ⇄ paused, live → blocked → live, and any → deleted.',
  valuesConfig: {
    draft: { description: 'Set up, and not launched yet: it carries nothing.' },
    live: { description: 'Carries what comes in.' },
    paused: { description: 'Sends nothing; what comes in is kept for when it is resumed.' },
    blocked: {
      description:
        'The destination refuses everything until a person repairs the Current; what comes in is kept for the retry window.',
    },
    deleted: { description: 'Ended for good. Its counts can still be looked at.' },
  },
});

export const Action: { readonly [Name in ActionName]: Name } = {
  launch: 'launch',
  pause: 'pause',
  resume: 'resume',
  change: 'change',
  test: 'test',
  replay: 'replay',
  delete: 'delete',
};
registerEnumType(Action, {
  name: 'Action',
  description: 'What can be done to a Current.',
  valuesConfig: {
    launch: { description: 'launchCurrent' },
    pause: { description: 'pauseCurrent' },
    resume: { description: 'resumeCurrent' },
    change: { description: 'changeCurrent' },
    test: { description: 'testCredentials' },
    replay: { description: 'replayDeadLetters' },
    delete: { description: 'deleteCurrent' },
  },
});

const FieldProblemCode = enumOf<CodeName>('FieldProblemCode', 'Why one field of an input cannot be used.', {
  required: 'The field, or one of several fields, has to be given.',
  wrong_type: 'The value is of another JSON type, such as a number where text is expected.',
  malformed: 'The value does not have the expected form, such as that of an e-mail address.',
  out_of_range: 'The value is too long, too short, too large or too small.',
  unknown_field: 'There is no field of this name.',
  unknown_value: 'The value is none of those that are possible here.',
  not_allowed: 'The operator of this hub does not allow the value.',
  taken: 'Another object has this value already, and only one may have it.',
});

@ObjectType({ description: 'One field of an input and what is wrong with it.' })
export class FieldProblem {
  @Field(() => [String], {
    description: 'Path of the field below the input, such as ["settings", "region"]; list items by their index from 0.',
  })
  path!: string[];

  @Field(() => FieldProblemCode, { description: 'Why the field cannot be used, for programs to branch on.' })
  code!: CodeName;

  @Field(() => String, {
    description: 'A sentence for people: what was expected and what came. For credentials it never repeats what came.',
  })
  message!: string;

  @Field(() => [String], {
    description: 'Known values like the one that came, the most alike first; empty when there are none.',
  })
  suggestions!: string[];
}

@ProblemType('There is no Current with this id.')
export class CurrentNotFound extends Problem {}

@ProblemType('This cannot be done in the state that the Current is in.')
export class WrongState extends Problem {
  @Field(() => State, { description: 'The state that it is in.' })
  state!: StateName;

  @Field(() => [Action], { description: 'What can be done to it now.' })
  possible!: ActionName[];
}

@ProblemType('Another one has this name already; upper and lower case count as the same.')
export class NameTaken extends Problem {
  @Field(() => ID, { description: 'Who has it: the id of another one of the same kind.' })
  ownerId!: string;
}

@ProblemType('Something that was given, such as a name, is not of the form that is wanted.')
export class InputInvalid extends Problem {
  @Field(() => [FieldProblem], { description: 'Every field that is wrong.' })
  problems!: FieldProblem[];
}

@ProblemType('The hub knows no destination of this name.')
export class UnknownDestination extends Problem {
  @Field(() => [String], { description: 'The names that it knows.' })
  known!: string[];
}

@ProblemType('The destination cannot be told this.')
export class SettingsInvalid extends Problem {
  @Field(() => [FieldProblem], { description: 'Every setting that is wrong.' })
  problems!: FieldProblem[];
}

@ProblemType('The settings name a base URL, which the operator of the hub does not allow.')
export class BaseUrlNotAllowed extends Problem {}

@ProblemType('The credentials are not of the form that the destination wants. Nothing of them is repeated here.')
export class CredentialsInvalid extends Problem {
  @Field(() => [FieldProblem], { description: 'Every field that is wrong.' })
  problems!: FieldProblem[];
}

@ProblemType('The selection is empty, names something unknown, or holds nothing that the destination takes.')
export class SelectionInvalid extends Problem {
  @Field(() => [FieldProblem], { description: 'Everything that is wrong with it.' })
  problems!: FieldProblem[];
}

@ProblemType('The Current could not do its work: repair it first.')
export class CurrentNotReady extends Problem {
  @Field(() => String, { description: 'Why, for machines, such as credentials_unreadable.' })
  reason!: string;
}

@ProblemType('A deed that cannot be undone was not confirmed as it has to be.')
export class NotConfirmed extends Problem {}

@ProblemType('There is no token with this id.')
export class TokenNotFound extends Problem {}

@ProblemType('The last good admin token is not revoked, for nobody could get in any more.')
export class LastAdminToken extends Problem {}
