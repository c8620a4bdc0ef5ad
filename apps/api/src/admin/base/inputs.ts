import { Field, ID, InputType } from 'type-graphql';

/** For inputs of mutations that act on one object and need no more than its id. */
@InputType()
export abstract class IdInput {
  @Field(() => ID, { description: 'Id of the object to act on.' })
  id!: string;
}

/** For inputs of mutations that cannot be undone: the object's name has to be repeated. */
@InputType()
export abstract class ConfirmedInput extends IdInput {
  @Field(() => String, {
    description: 'The present name of the object, exactly as it is stored, to confirm what cannot be undone.',
  })
  confirmName!: string;
}
