import { Waves } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { signIn } from '../hub/session.js';
import { Field } from '../parts/field.js';

export function SignIn() {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setIsBusy(true);
    void signIn(token).then((refusal) => {
      setProblem(refusal);
      setIsBusy(false);
    });
  };
  return (
    <main className="signIn">
      <h1>
        <Waves aria-hidden size={24} /> Currents
      </h1>
      <form onSubmit={submit}>
        <Field
          label="Admin token"
          problem={problem}
          about="The first one stands in the output of the first start. npm run admin-token makes another."
        >
          {(id, describedBy) => (
            <input
              id={id}
              type="password"
              autoComplete="off"
              spellCheck={false}
              required
              autoFocus
              aria-describedby={describedBy}
              aria-invalid={problem !== undefined}
              value={token}
              onChange={(event) => setToken(event.target.value)}
            />
          )}
        </Field>
        <button type="submit" className="primary" disabled={isBusy}>
          Sign in
        </button>
      </form>
    </main>
  );
}
