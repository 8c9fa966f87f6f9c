/**
 * Copies the text of a field, and hands `done` what to say. Where the browser forbids it, the text is selected for the
 * reader to copy.
 */
export async function copy(
  field: HTMLInputElement | HTMLTextAreaElement | null,
  done: (text: string) => void,
): Promise<void> {
  if (!field) return;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    done("Copied.");
  } catch {
    done("The text is selected. Copy it with the keyboard.");
  }
}
