/** Copies a text. Uses a selection where scripts have no clipboard (plain HTTP). Returns whether it worked. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'visually-hidden';
    const active = document.activeElement as HTMLElement | null;
    // While a dialog is open, only its content can be selected.
    (active?.closest('dialog') ?? document.body).append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    active?.focus();
    return done;
  }
}
