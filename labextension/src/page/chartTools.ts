// The tools above the chart: smoothing, log scale, zoom, files.

import { button, make, setText } from '../run/dom';
import { COLORS, dashOf, type ILine, type ILook, MOST_SMOOTHING } from './lines';
import type { PagePhrases } from './phrases';

export type Form = 'png' | 'svg' | 'csv';
const FORMS: readonly Form[] = ['png', 'svg', 'csv'];

interface IActs {
  smooth(value: number): void;
  log(value: boolean): void;
  zoom(factor: number): void;
  whole(): void;
  save(form: Form): void;
}

export class ChartTools {
  readonly node = make('div', 'plab-tools');
  private readonly smoothing = make('input', 'plab-range');
  private readonly span = make('output', 'plab-quiet');
  private readonly log = make('input', '');
  private readonly whole: HTMLButtonElement;

  constructor(
    private readonly phrases: PagePhrases,
    acts: IActs
  ) {
    Object.assign(this.smoothing, { type: 'range', min: '0', max: String(MOST_SMOOTHING), step: '1' });
    this.smoothing.addEventListener('input', () => acts.smooth(Number(this.smoothing.value)));
    this.log.type = 'checkbox';
    this.log.addEventListener('change', () => acts.log(this.log.checked));
    this.whole = button(phrases.say('plot.whole'), '', () => acts.whole());
    const zoom = (sign: string, key: 'plot.in' | 'plot.out', factor: number) => {
      const element = button(sign, 'plab-zoom', () => acts.zoom(factor));
      element.title = phrases.say(key);
      element.setAttribute('aria-label', phrases.say(key));
      return element;
    };
    const saves = FORMS.map(form => {
      const element = button(form.toUpperCase(), '', () => acts.save(form));
      element.title = phrases.say('plot.save', { form: form.toUpperCase() });
      element.setAttribute('aria-label', element.title);
      return element;
    });
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', phrases.say('plot.tools'));
    this.node.append(
      make('label', 'plab-tool', phrases.say('plot.smoothing'), this.smoothing, this.span),
      make('label', 'plab-tool', this.log, phrases.say('plot.log')),
      make('span', 'plab-tool', zoom('+', 'plot.in', 0.5), zoom('−', 'plot.out', 2), this.whole),
      make('span', 'plab-tool plab-saves', ...saves)
    );
  }

  /** Show how the curve is drawn. */
  show(look: ILook): void {
    this.smoothing.value = String(look.smoothing);
    this.log.checked = look.log;
    const said =
      look.smoothing === 0
        ? this.phrases.say('plot.raw')
        : this.phrases.say('plot.span', { n: 2 ** look.smoothing });
    setText(this.span, said);
    this.smoothing.setAttribute('aria-valuetext', said);
  }

  /** Whether a part is shown; the button stays where it is. */
  zoomed(is: boolean): void {
    this.whole.setAttribute('aria-disabled', String(!is));
  }
}

/** The runs with their colours. */
export function legendOf(lines: readonly ILine[]): HTMLElement[] {
  return lines.map((line, index) => {
    const mark = make('span', `plab-line-mark plab-run-${(index % COLORS) + 1}`);
    mark.classList.toggle('plab-dashed', dashOf(index) !== undefined);
    const name = make('span', '', line.name);
    name.dir = 'auto';
    return make('li', '', mark, name);
  });
}
