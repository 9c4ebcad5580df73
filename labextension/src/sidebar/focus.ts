/** The keyboard's focus in the panel: it comes in, goes back, and is never lost when rows change. */

/** Looks after the focus inside of `root`. */
export class FocusKeeper {
  constructor(private readonly _root: HTMLElement) {
    _root.tabIndex = -1;
    _root.addEventListener('keydown', event => {
      if (event.key === 'Escape') {
        this.leave();
      }
    });
    document.addEventListener('focusin', event => this._moved(event.target as HTMLElement));
    document.addEventListener('pointerdown', event => {
      if (!_root.contains(event.target as Node)) {
        this._last = null;
      }
    });
    new MutationObserver(() => this._mend()).observe(_root, {
      subtree: true,
      childList: true,
      attributeFilter: ['class', 'hidden']
    });
  }

  /** What is done where there is nothing to go back to. */
  home: () => void = () => undefined;

  get isInside(): boolean {
    return this._root.contains(document.activeElement);
  }

  /** Take the focus, if it is not inside already. */
  enter(): void {
    if (!this.isInside) {
      this._root.focus();
    }
  }

  /** Give the focus back to what had it before. */
  leave(): void {
    this._last = null;
    if (this._before && isUsable(this._before)) {
      this._before.focus();
    } else {
      this.home();
    }
  }

  private _moved(target: HTMLElement): void {
    const inside = this._root.contains(target);
    if (!inside) {
      this._before = target;
    }
    this._last = inside ? target : null;
    this._row = inside ? target.closest('li') : null;
    this._index = inside ? this._usable(this._root).indexOf(target) : 0;
  }

  /** What had the focus moved, or went: it keeps it, or the nearest takes it. */
  private _mend(): void {
    const last = this._last;
    const now = document.activeElement;
    if (!last || (now !== last && now !== document.body)) {
      return;
    }
    const usable = isUsable(last);
    if (now === last && usable) {
      return;
    }
    const all = this._usable(this._root);
    const near = usable ? last : this._usable(this._row)[0] ?? all[Math.min(this._index, all.length - 1)];
    (near ?? this._root).focus();
  }

  private _usable(within: HTMLElement | null): HTMLElement[] {
    return within?.isConnected ? [...within.querySelectorAll('button')].filter(isUsable) : [];
  }

  private _before: HTMLElement | null = null;
  private _last: HTMLElement | null = null;
  private _row: HTMLElement | null = null;
  private _index = 0;
}

function isUsable(element: HTMLElement): boolean {
  return element.getClientRects().length > 0 && getComputedStyle(element).visibility !== 'hidden';
}
