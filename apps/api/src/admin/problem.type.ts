import type { CurrentAction as Action, CurrentState as State, FieldProblemCode as CodeName } from '@currents/core';
import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { enumOf } from './base/enum.js';
import type { NodeName } from './base/ids.js';
import { Node } from './base/node.js';
import { Problem, ProblemType } from './base/problem.js';
import { CurrentAction, CurrentState } from './current.type.js';

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

@ProblemType('There is no Current with this id.', 'List the Currents with the query currents.')
export class CurrentNotFound extends Problem {}

@ProblemType(
  'The action is not possible in the state that the Current is in.',
  'Choose one of the actions that Current.allowedActions lists.',
)
export class CurrentWrongState extends Problem {
  @Field(() => CurrentState, { description: 'The state that the Current is in.' })
  state!: State;

  @Field(() => [CurrentAction], { description: 'The actions that this state allows; empty once it is deleted.' })
  allowedActions!: Action[];
}

@ProblemType(
  'The Current could not deliver events if it were live, such as for credentials that do not open.',
  'Repair it with updateCurrent, then repeat the request.',
)
export class CurrentNotReady extends Problem {
  @Field(() => String, { description: 'What is missing, as a code such as credentials_unreadable or no_connector.' })
  reason!: string;
}

@ProblemType(
  'Another object of the same kind has this name already; upper and lower case count as the same.',
  'Choose another name, or rename or delete its owner first.',
)
export class NameTaken extends Problem {
  @Field(() => Node, { nullable: true, description: 'The object that has the name; null if it has just been deleted.' })
  owner?: Node;
}

@Resolver(() => NameTaken)
export class NameTakenResolver {
  @FieldResolver(() => Node, { nullable: true })
  owner(
    @Root() { ownerType, ownerId }: { readonly ownerType: NodeName; readonly ownerId: string },
    @Ctx() { load }: AdminContext,
  ): unknown {
    return load(ownerType, ownerId);
  }
}

@ProblemType(
  'Fields of the input cannot be used. All that are wrong are listed in one answer.',
  'Correct every field that is listed, then repeat the request.',
)
export class InputInvalid extends Problem {
  @Field(() => [FieldProblem], { description: 'Every field that is wrong, at least one.' })
  problems!: FieldProblem[];
}

@ProblemType(
  'The object has been changed since the version that ifVersion names, so nothing was changed.',
  'Read the object again, decide whether the change still applies, and pass its present version.',
)
export class VersionConflict extends Problem {
  @Field(() => Int, { description: 'The version that the object has now.' })
  version!: number;

  @Field(() => Node, { description: 'The object as it is now.' })
  node!: Node;
}

@ProblemType(
  'What cannot be undone was not confirmed by repeating the name or id of the object.',
  'Repeat the request with the present name or id of the object.',
)
export class NotConfirmed extends Problem {}

@ProblemType('There is no token with this id.', 'List the tokens with the query ingestTokens or adminTokens.')
export class TokenNotFound extends Problem {}

@ProblemType(
  'This is the last valid token with the role ADMIN. Revoking it would lock out all admins.',
  'Create another admin token with this role first, and revoke this one with it.',
)
export class LastAdminToken extends Problem {}
