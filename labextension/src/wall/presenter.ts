// Presenter mode: the wall on the whole screen, above all else. Escape leaves it.

import { make } from '../run/dom';

export class Presenter {
  private dialog: HTMLDialogElement | null = null;

  /** `home` is where `content` stands otherwise; `changed` is told of each change. */
  constructor(
    private readonly content: HTMLElement,
    private readonly home: HTMLElement,
    private readonly changed: (on: boolean) => void
  ) {}

  toggle(label: string): void {
    if (this.dialog) {
      this.leave();
      return;
    }
    const dialog = make('dialog', 'plab-wall-screen', this.content);
    this.dialog = dialog;
    dialog.ariaLabel = label;
    dialog.addEventListener('close', () => this.leave());
    document.body.append(dialog);
    dialog.showModal();
    this.changed(true);
    document.addEventListener('fullscreenchange', this.moved);
    // Refused in some frames: then it fills the page.
    document.documentElement.requestFullscreen?.().catch(() => undefined);
  }

  /** In full screen the browser keeps Escape for itself. */
  private readonly moved = (): void => {
    if (!document.fullscreenElement) {
      document.removeEventListener('fullscreenchange', this.moved);
      this.leave();
    } else if (!this.dialog) {
      // Left before the browser had entered it.
      void document.exitFullscreen();
    }
  };

  leave(): void {
    const { dialog } = this;
    if (dialog) {
      this.dialog = null;
      this.home.append(this.content);
      dialog.remove();
      if (document.fullscreenElement) {
        void document.exitFullscreen();
      }
      this.changed(false);
    }
  }
}
