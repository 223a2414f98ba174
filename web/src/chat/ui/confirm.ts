import { createStore } from '../../store';

export interface Question {
  readonly text: string;
  /** Label of the button that confirms. */
  readonly action: string;
  readonly answer: (yes: boolean) => void;
}

export const questionStore = createStore<Question | undefined>(undefined);

/** Asks for confirmation. Asking another question or closing the page answers no. */
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
