// The head of the card: state, phase, progress and numbers; changed in place four times a second.

import { coverageMark, metricOf } from './curve';
import { make, setText } from './dom';
import type { Words } from './i18n';
import { duration, megabytes, number } from './numbers';
import { isLive, type Snapshot } from './state';

type Facts = [name: string, value: string][];

/** State and phase in one line, a progress bar, and the numbers. */
export class Head {
  readonly actions = make('span', 'plab-actions');
  private readonly badge = make('span', 'plab-badge');
  private readonly title = make('span', 'plab-name');
  private readonly model = make('span', 'plab-quiet plab-model');
  private readonly phase = make('span', 'plab-phase');
  private readonly bar = make('div', 'plab-bar', make('div', 'plab-fill'));
  private readonly facts = make('dl', 'plab-facts');

  constructor(
    host: HTMLElement,
    private readonly words: Words
  ) {
    // A name's direction marks end with it.
    this.title.dir = 'auto';
    this.phase.setAttribute('role', 'status');
    this.bar.setAttribute('role', 'progressbar');
    this.bar.setAttribute('aria-label', words.say('card.progress'));
    const line = make('div', 'plab-head', this.badge, this.title, this.model, this.phase);
    line.append(this.actions);
    host.append(line, this.bar, this.facts);
  }

  introduce(name: string): void {
    setText(this.title, name);
  }

  update(snapshot: Snapshot): void {
    const { words } = this;
    setText(this.badge, words.sayAny('state', snapshot.state));
    setText(this.title, snapshot.name);
    setText(this.model, snapshot.model ?? '');
    setText(this.phase, this.phaseText(snapshot));
    this.progress(snapshot);
    this.fill(factsOf(snapshot, words));
  }

  private phaseText(snapshot: Snapshot): string {
    const { phase } = snapshot;
    if (!phase || !isLive(snapshot)) {
      return '';
    }
    const doing = this.words.sayAny('phase', phase.phase);
    const detail = phase.detail ? ` (${this.words.text(phase.detail)})` : '';
    const count = phase.total ? ` ${phase.done ?? 0} / ${phase.total}` : '';
    const plain = phase.phase === 'train' && !detail && !count;
    return plain ? '' : doing + detail + count;
  }

  private progress(snapshot: Snapshot): void {
    const share = shareOf(snapshot);
    this.bar.hidden = !isLive(snapshot);
    this.bar.classList.toggle('plab-unknown', share === null);
    const fill = this.bar.firstElementChild as HTMLElement;
    fill.style.width = `${100 * (share ?? 1)}%`;
    if (share === null) {
      this.bar.removeAttribute('aria-valuenow');
    } else {
      this.bar.setAttribute('aria-valuenow', String(Math.round(100 * share)));
    }
  }

  private fill(facts: Facts): void {
    while (this.facts.childElementCount > facts.length) {
      this.facts.lastElementChild?.remove();
    }
    facts.forEach(([name, value], index) => {
      const fact =
        this.facts.children[index] ??
        this.facts.appendChild(make('div', 'plab-fact', make('dt', ''), make('dd', '')));
      setText(fact.children[0]!, name);
      setText(fact.children[1]!, value);
    });
  }
}

/** How much is done, from 0 to 1; null where nobody knows. */
function shareOf(snapshot: Snapshot): number | null {
  const { phase, total_steps: total } = snapshot;
  if (phase?.total) {
    return Math.min(1, (phase.done ?? 0) / phase.total);
  }
  const step = last(snapshot.columns.step);
  return total && step !== null && snapshot.state !== 'finishing' ? Math.min(1, step / total) : null;
}

function factsOf(snapshot: Snapshot, words: Words): Facts {
  const { columns } = snapshot;
  const facts: Facts = [];
  const step = last(columns.step);
  if (step !== null) {
    const total = snapshot.total_steps;
    facts.push([words.say('number.step'), total ? `${step} / ${total}` : String(step)]);
    if (total && snapshot.epochs) {
      const epoch = (snapshot.epochs * step) / total;
      facts.push([words.say('number.epoch'), `${epoch.toFixed(2)} / ${snapshot.epochs}`]);
    }
    facts.push([words.say('number.loss'), number(last(columns.loss))]);
  }
  const best = snapshot.evals.find(item => item.best);
  if (best) {
    const metric = metricOf(snapshot);
    const value = number(best.metrics[metric]) + coverageMark(best, words);
    facts.push([words.say('number.best', { metric }), value]);
  }
  const speed = last(columns.samples_per_s);
  if (speed !== null) {
    facts.push([words.say('number.speed'), speed.toFixed(speed < 10 ? 1 : 0)]);
  }
  if (last(columns.memory_mb) !== null) {
    facts.push([words.say('number.memory'), megabytes(last(columns.memory_mb))]);
  }
  if (last(columns.gpu_memory_mb) !== null) {
    facts.push([words.say('number.gpu_memory'), megabytes(last(columns.gpu_memory_mb))]);
  }
  if (snapshot.left_s !== null && snapshot.left_s !== undefined) {
    facts.push([words.say('number.left'), duration(snapshot.left_s)]);
  } else if (snapshot.started != null && snapshot.ended != null) {
    facts.push([words.say('number.took'), duration(snapshot.ended - snapshot.started)]);
  }
  return facts;
}

function last(column: readonly (number | null)[]): number | null {
  for (let index = column.length - 1; index >= 0; index--) {
    const value = column[index];
    if (value !== null && value !== undefined) {
      return value;
    }
  }
  return null;
}
