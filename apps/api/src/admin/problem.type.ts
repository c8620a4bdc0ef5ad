import { Field, ID, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
import type { CurrentAction as ActionName, CurrentState as StateName } from '@currents/core';
import { kindOf } from './kind.js';

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

const toAct = 'What is wrong and what was wanted, in a sentence for people.';

@InterfaceType({
  description: 'Why something was not done. Nothing has changed. Every expected failure is one of these.',
  resolveType: kindOf,
})
export abstract class Problem {
  @Field(() => String, { description: toAct })
  message!: string;
}

@ObjectType({ description: 'One field of what was given, and what is wrong with it.' })
export class FieldProblem {
  @Field(() => String, { description: 'Path of the field, such as settings.region.' })
  field!: string;

  @Field(() => String, { description: 'What was wanted and what came. Of credentials, never what came.' })
  message!: string;
}

@ObjectType({ implements: Problem, description: 'There is no Current with this id.' })
export class CurrentNotFound extends Problem {}

@ObjectType({ implements: Problem, description: 'This cannot be done in the state that the Current is in.' })
export class WrongState extends Problem {
  @Field(() => State, { description: 'The state that it is in.' })
  state!: StateName;

  @Field(() => [Action], { description: 'What can be done to it now.' })
  possible!: ActionName[];
}

@ObjectType({
  implements: Problem,
  description: 'Another one has this name already; upper and lower case count as the same.',
})
export class NameTaken extends Problem {
  @Field(() => ID, { description: 'Who has it: the id of another one of the same kind.' })
  ownerId!: string;
}

@ObjectType({
  implements: Problem,
  description: 'Something that was given, such as a name, is not of the form that is wanted.',
})
export class InputInvalid extends Problem {
  @Field(() => [FieldProblem], { description: 'Every field that is wrong.' })
  problems!: FieldProblem[];
}

@ObjectType({ implements: Problem, description: 'The hub knows no destination of this name.' })
export class UnknownDestination extends Problem {
  @Field(() => [String], { description: 'The names that it knows.' })
  known!: string[];
}

@ObjectType({ implements: Problem, description: 'The destination cannot be told this.' })
export class SettingsInvalid extends Problem {
  @Field(() => [FieldProblem], { description: 'Every setting that is wrong.' })
  problems!: FieldProblem[];
}

@ObjectType({
  implements: Problem,
  description: 'The settings name a base URL, which the operator of the hub does not allow.',
})
export class BaseUrlNotAllowed extends Problem {}

@ObjectType({
  implements: Problem,
  description: 'The credentials are not of the form that the destination wants. Nothing of them is repeated here.',
})
export class CredentialsInvalid extends Problem {
  @Field(() => [FieldProblem], { description: 'Every field that is wrong.' })
  problems!: FieldProblem[];
}

@ObjectType({ description: 'One part of a selection, and what is wrong with it.' })
export class SelectionFault {
  @Field(() => String, { description: 'Path of the field, such as selection.channels.' })
  field!: string;

  @Field(() => String, { description: 'What was wanted and what came.' })
  message!: string;

  @Field(() => [String], { description: 'Names like the one that nobody knows, the likest first.' })
  suggestions!: string[];
}

@ObjectType({
  implements: Problem,
  description: 'The selection is empty, names something unknown, or holds nothing that the destination takes.',
})
export class SelectionInvalid extends Problem {
  @Field(() => [SelectionFault], { description: 'Everything that is wrong with it.' })
  problems!: SelectionFault[];
}

@ObjectType({ implements: Problem, description: 'The Current could not do its work: repair it first.' })
export class CurrentNotReady extends Problem {
  @Field(() => String, { description: 'Why, for machines, such as credentials_unreadable.' })
  code!: string;
}

@ObjectType({ implements: Problem, description: 'A deed that cannot be undone was not confirmed as it has to be.' })
export class NotConfirmed extends Problem {}

@ObjectType({ implements: Problem, description: 'There is no token with this id.' })
export class TokenNotFound extends Problem {}

@ObjectType({
  implements: Problem,
  description: 'The last good admin token is not revoked, for nobody could get in any more.',
})
export class LastAdminToken extends Problem {}
