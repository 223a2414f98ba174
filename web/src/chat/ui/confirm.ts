import { createStore } from '../../store';

export interface Question {
  readonly text: string;
  /** What the button is called that does it. */
  readonly action: string;
  readonly answer: (yes: boolean) => void;
}

export const questionStore = createStore<Question | undefined>(undefined);

/** Asks before something that cannot be undone. Whoever asks another question, or closes the page, has said no to this one. */
export function confirmed(text: string, action: string): Promise<boolean> {
  questionStore.get()?.answer(false);
  return new Promise((resolve) => {
    const question = {
      text,
      action,
      answer(yes: boolean) {
        if (questionStore.get() === question) questionStore.set(undefined);
        resolve(yes);
      },
    };
    questionStore.set(question);
  });
}
