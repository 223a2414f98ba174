import { useEffect, useId, useRef, useState, type FormEvent } from 'react';
import { signInProvider } from '../../served';
import { reasonOf } from '../graphql/reason';
import { toApiError } from '../graphql/apiError';
import { texts } from '../texts';
import { Logo } from '../ui/Logo';
import { signInLink, takeSignInProblem } from './providerSignIn';
import { logIn, register } from './session';

export function SignIn({ ended, deleted }: { ended?: boolean; deleted?: boolean }) {
  const [isNew, setNew] = useState(false);
  const [problem, setProblem] = useState(takeSignInProblem);
  const [working, setWorking] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const problemId = useId();

  async function submit(event: FormEvent) {
    event.preventDefault();
    const fields = new FormData(form.current!);
    const [email, password, name] = ['email', 'password', 'name'].map((field) => String(fields.get(field) ?? ''));
    setWorking(true);
    setProblem(undefined);
    try {
      if (isNew) await register({ email: email!, password: password!, name: name!.trim() || null });
      else await logIn({ email: email!, password: password! });
    } catch (error) {
      const { code, field } = toApiError(error);
      setProblem((field && texts.signUpFieldErrors[field]) || reasonOf(error, isNew ? texts.signUpErrors : texts.signInErrors));
      setWorking(false);
      focus(field ?? (code === 'UNAUTHENTICATED' ? 'password' : 'email'));
    }
  }

  function focus(field: string) {
    form.current?.querySelector<HTMLInputElement>(`[name=${CSS.escape(field)}]`)?.focus();
  }

  // When the form changes, continue at its first field.
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) focus(isNew ? 'name' : 'email');
    first.current = false;
  }, [isNew]);

  return (
    <main className="sign-in">
      <form ref={form} onSubmit={submit} aria-describedby={problem ? problemId : undefined}>
        <p className="brand">
          <Logo />
          {texts.name}
        </p>
        <h1>{isNew ? texts.welcomeNew : texts.welcome}</h1>
        {ended && <p className="notice">{texts.sessionEnded}</p>}
        {deleted && (
          <p className="notice" role="status">
            {texts.accountDeleted}
          </p>
        )}
        {signInProvider && (
          <>
            <a className="plain" href={signInLink()}>
              {texts.signInWith(signInProvider)}
            </a>
            <p className="or">{texts.or}</p>
          </>
        )}
        {isNew && (
          <label>
            <span>
              {texts.yourName} <small>{texts.optional}</small>
            </span>
            <input name="name" autoComplete="name" dir="auto" />
          </label>
        )}
        <label>
          <span>{texts.email}</span>
          {/* With type `email`, browsers accept only ASCII before the @. */}
          <input
            name="email"
            type="text"
            inputMode="email"
            autoCapitalize="off"
            spellCheck={false}
            autoComplete="username"
            required
            autoFocus
            dir="auto"
          />
        </label>
        <label>
          <span>
            {texts.password} {isNew && <small>{texts.passwordHint}</small>}
          </span>
          <input
            name="password"
            type="password"
            autoComplete={isNew ? 'new-password' : 'current-password'}
            minLength={isNew ? 8 : undefined}
            required
            dir="ltr"
          />
        </label>
        <p className="problem" role="alert" id={problemId}>
          {problem}
        </p>
        <button type="submit" className="primary" disabled={working}>
          {working ? (isNew ? texts.signingUp : texts.signingIn) : isNew ? texts.signUp : texts.signIn}
        </button>
        <p className="switch">
          {isNew ? texts.haveAccount : texts.noAccount}{' '}
          <button
            type="button"
            className="link"
            onClick={() => {
              setNew(!isNew);
              setProblem(undefined);
            }}
          >
            {isNew ? texts.signIn : texts.signUp}
          </button>
        </p>
      </form>
    </main>
  );
}
