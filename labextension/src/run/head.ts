// The head of the card: state, phase, progress and numbers; changed in place four times a second.

import { coverageMark, metricOf } from './curve';
import { make, setText } from './dom';
import type { Words } from './i18n';
import { count, duration, figure, megabytes, number } from './numbers';
import { isLive, type Snapshot } from './state';

const DASH = '–';

type Facts = [name: string, value: string][];

/** State and phase in one line, a progress bar, and the numbers. */
export class Head {
  readonly actions = make('span', 'plab-actions');
  private readonly badge = make('span', 'plab-badge');
  private readonly title = make('span', 'plab-name');
  private readonly model = make('span', 'plab-quiet plab-model');
  private readonly phase = make('span', 'plab-phase');
  private readonly bar = make('div', 'plab-bar', make('div', 'plab-fill'));
  /** What was asked for, and how the connection stands: in the line of the phase, of one height. */
  readonly note = make('span', 'plab-note');
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
    const title = make('span', 'plab-title', this.badge, this.title, this.model);
    const line = make('div', 'plab-head', title, this.actions);
    const doing = make('div', 'plab-doing', this.phase, this.note);
    host.append(line, this.bar, doing, this.facts);
  }

  introduce(name: string): void {
    setText(this.title, name);
  }

  update(snapshot: Snapshot): void {
    const { words } = this;
    setText(this.badge, words.sayAny('state', stateKey(snapshot)));
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
    const counted = phase.total ? ` ${count(phase.done ?? 0)} / ${count(phase.total)}` : '';
    return [percentOf(snapshot, this.words), doing + detail + counted].filter(Boolean).join(' · ');
  }

  private progress(snapshot: Snapshot): void {
    const share = shareOf(snapshot);
    this.bar.hidden = !isLive(snapshot);
    const fill = this.bar.firstElementChild as HTMLElement;
    fill.style.width = `${100 * share}%`;
    this.bar.setAttribute('aria-valuenow', String(Math.floor(100 * share)));
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

/** How much of the whole job is done, from 0 to 1; of a run that does not say, of its steps. */
function shareOf(snapshot: Snapshot): number {
  const { share, total_steps: total } = snapshot;
  const step = last(snapshot.columns.step);
  return share ?? (total && step !== null ? Math.min(1, step / total) : 0);
}

function percentOf(snapshot: Snapshot, words: Words): string {
  return words.say('number.share', { n: Math.floor(100 * shareOf(snapshot)) });
}

/** The state as a person is told it: one that was asked to stop is stopping. */
export function stateKey(snapshot: Snapshot): string {
  if (!isLive(snapshot)) {
    return snapshot.state;
  }
  if (snapshot.stopping) {
    return 'stopping';
  }
  return snapshot.state === 'queued' && !snapshot.phase ? 'starting' : snapshot.state;
}

function factsOf(snapshot: Snapshot, words: Words): Facts {
  const { columns } = snapshot;
  const facts: Facts = [];
  // All of them have their place while the run lives: none comes and pushes what stands below.
  const live = isLive(snapshot);
  const step = last(columns.step);
  const total = snapshot.total_steps;
  const add = (name: string, value: string | null) => {
    if (live || value !== null) {
      facts.push([name, value ?? DASH]);
    }
  };
  const steps = total ? `${count(step ?? 0)} / ${count(total)}` : step === null ? null : count(step);
  add(words.say('number.step'), steps);
  const epochs = total && snapshot.epochs ? snapshot.epochs : null;
  const epoch = epochs ? `${((epochs * (step ?? 0)) / (total ?? 1)).toFixed(2)} / ${epochs}` : null;
  add(words.say('number.epoch'), epoch);
  add(words.say('number.loss'), step === null ? null : number(last(columns.loss)));
  const metric = metricOf(snapshot);
  const { report } = snapshot;
  if (report && report.split !== 'dev' && report.metrics[metric] != null) {
    // What the run is worth stands before what it looked like on the way.
    const measured = words.say('number.measured', { split: report.split, metric });
    facts.unshift([measured, figure(metric, report.metrics[metric])]);
  }
  const best = snapshot.evals.find(item => item.best);
  add(
    words.say('number.best', { metric }),
    best ? figure(metric, best.metrics[metric]) + coverageMark(best, words) : null
  );
  const speed = last(columns.samples_per_s);
  add(words.say('number.speed'), speed === null ? null : speed.toFixed(speed < 10 ? 1 : 0));
  add(words.say('number.memory'), memoryOf(snapshot));
  if (live) {
    add(words.say('number.left'), snapshot.left_s == null ? null : duration(snapshot.left_s, words.language));
  } else if (snapshot.started != null && snapshot.ended != null) {
    add(words.say('number.took'), duration(snapshot.ended - snapshot.started, words.language));
  }
  return facts;
}

/** Memory of the process, and of its GPU where it has one: in one place, for the second comes late. */
function memoryOf({ columns }: Snapshot): string | null {
  const memory = last(columns.memory_mb);
  const gpu = last(columns.gpu_memory_mb);
  const parts = [memory === null ? '' : megabytes(memory), gpu === null ? '' : `GPU ${megabytes(gpu)}`];
  return parts.filter(Boolean).join(' · ') || null;
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
