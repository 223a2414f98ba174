import { expect, type Locator, type Page } from '@playwright/test';

let count = 0;

/** A user at a page: their actions, and what they see. */
export class Person {
  email = `ada.${process.pid}.${++count}@example.com`;
  password = 'correct horse battery';

  /** What this user has said and `replyEnded` has not waited for. */
  #said = '';

  constructor(readonly page: Page) {}

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  get replies(): Locator {
    return this.page.getByRole('article', { name: 'Assistant' });
  }

  get questions(): Locator {
    return this.page.getByRole('article', { name: 'You' });
  }

  /** The text of the last reply, without anything around it. */
  get reply(): Locator {
    return this.replies.last().locator('.markdown');
  }

  get list(): Locator {
    return this.page.getByRole('navigation', { name: 'Chats' });
  }

  async signUp(name = 'Ada'): Promise<void> {
    await this.page.goto('/');
    await this.page.getByRole('button', { name: 'Create account' }).click();
    await this.page.getByLabel('Name').fill(name);
    await this.page.getByLabel('Email').fill(this.email);
    await this.page.getByLabel('Password').fill(this.password);
    await this.page.getByRole('button', { name: 'Create account' }).click();
    await expect(this.composer).toBeVisible();
  }

  async signIn(password = this.password): Promise<void> {
    await this.page.getByLabel('Email').fill(this.email);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }

  /** Returns the same user at another page. */
  on(page: Page): Person {
    return Object.assign(new Person(page), { email: this.email, password: this.password });
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press('Enter');
    this.#said = text;
  }

  async choose(model: string): Promise<void> {
    await this.page.getByRole('combobox', { name: 'Model' }).selectOption({ label: model });
  }

  /** Waits until the last message is a reply, and has ended and can be copied. An earlier reply is not enough. */
  async replyEnded(): Promise<void> {
    if (this.#said) await expect(this.questions.last()).toContainText(this.#said);
    this.#said = '';
    await expect(this.page.getByRole('article').last()).toHaveAttribute('aria-label', 'Assistant');
    await expect(this.replies.last()).toHaveAttribute('aria-busy', 'false');
    await expect(this.replies.last()).not.toHaveAttribute('data-writing');
  }

  /** Waits until the service worker has stored the page and all its parts. */
  async pageStored(): Promise<void> {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      if (navigator.serviceWorker.controller) return;
      await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
    });
  }

  async accountMenu(item: string): Promise<void> {
    await this.page.getByRole('button', { name: /^Account: / }).click();
    await this.page.getByRole('menuitem', { name: item, exact: true }).click();
  }
}
