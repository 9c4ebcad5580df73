// Small pieces of the page. Text reaches it as text only: labels and names may be hostile.

export type Child = Node | string | null | undefined | false;

/** An element with classes, attributes and children; strings become text nodes. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  names: string,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = names;
  element.append(...children.filter((child): child is Node | string => isShown(child)));
  return element;
}

function isShown(child: Child): boolean {
  return child !== null && child !== undefined && child !== false && child !== '';
}

/** A button that does one thing. */
export function button(label: string, names: string, act: () => void): HTMLButtonElement {
  const element = make('button', `plab-button ${names}`, label);
  element.type = 'button';
  element.addEventListener('click', act);
  return element;
}

/** A table; the first column and those of texts begin at the left, the others are numbers. */
export function table(
  head: Child[],
  rows: Child[][],
  names = '',
  texts: readonly boolean[] = []
): HTMLTableElement {
  const row = (cells: Child[], tag: 'td' | 'th') =>
    make('tr', '', ...cells.map((cell, at) => make(tag, texts[at] ? 'plab-left' : '', cell)));
  return make(
    'table',
    `plab-table ${names}`,
    make('thead', '', row(head, 'th')),
    make('tbody', '', ...rows.map(cells => row(cells, 'td')))
  );
}

/** Change an element's text only when it differs: screen readers hear no echo. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
