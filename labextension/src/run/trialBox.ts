// The box of a finished card: type a text, see the answer, keep a correction.

import { editor } from './correction';
import { button, make, setText } from './dom';
import type { Words } from './i18n';
import type { IKernelListener, LinkState } from './kernelLink';
import type * as run from './schema';
import { answerLine, answerParts, whyLine, whyParts } from './trialAnswer';
import type { Ask, Given, Keep, GetRow, Ready, TrialReply } from './trialMessages';

/** What the box asks of its link to the kernel. */
export interface ITrialLink {
  connect(): void;
  send(request: Ask | GetRow | Keep): boolean;
}

type Heard = (reply: TrialReply) => void;

let boxes = 0;

export class TrialBox implements IKernelListener {
  readonly node = make('section', 'plab-trial');
  link: ITrialLink | null = null;
  private readonly form = make('form', 'plab-trial-form');
  private readonly hint = make('div', 'plab-trial-hint');
  private readonly status = make('p', 'plab-unseen');
  private readonly answer = make('div', 'plab-trial-answer');
  private readonly id = `plab-trial-${++boxes}`;
  private readonly waiting = new Map<number, Heard>();
  private fields = new Map<string, HTMLTextAreaElement>();
  private ready: Ready | null = null;
  private last = 0;
  private asked = 0;

  constructor(
    private readonly runId: string,
    private readonly words: Words,
    /** Told whether examples can be relabelled now. */
    private readonly able: (able: boolean) => void
  ) {
    this.node.setAttribute('aria-label', words.say('trial.title'));
    // JupyterLab's shortcuts are for its cells, not for what is typed here.
    this.node.setAttribute('data-lm-suppress-shortcuts', 'true');
    this.status.setAttribute('role', 'status');
    this.answer.hidden = true;
    this.form.hidden = true;
    this.form.addEventListener('submit', event => {
      event.preventDefault();
      this.ask();
    });
    this.node.append(make('h4', '', words.say('trial.title')), this.form, this.hint, this.status, this.answer);
    this.state('none');
  }

  // -- what the kernel says ------------------------------------------------------------------

  state(state: LinkState): void {
    if (state === 'open') {
      return; // the introduction follows
    }
    if (state === 'asking' || state === 'busy') {
      if (!this.ready) {
        this.tell(this.words.say(state === 'busy' ? 'trial.busy' : 'trial.asking'));
      }
      return;
    }
    this.forget();
    this.tell(this.words.say(state === 'none' ? 'trial.no_kernel' : 'trial.not_loaded'), true);
  }

  reply(reply: TrialReply): void {
    if (reply.type === 'ready') {
      this.begin(reply);
    } else if (reply.type === 'refused' && reply.id === null) {
      this.forget();
      this.tell([reply.error.what, reply.error.fix].map(part => this.words.text(part)).join(' '), true);
    } else if (reply.id !== null) {
      this.waiting.get(reply.id)?.(reply);
    }
  }

  private begin(ready: Ready): void {
    const same = JSON.stringify(ready.roles) === JSON.stringify(this.ready?.roles);
    this.ready = ready;
    this.hint.replaceChildren();
    if (!same) {
      this.makeFields(ready);
    }
    this.form.hidden = false;
    this.able(true);
  }

  private forget(): void {
    this.ready = null;
    this.waiting.clear();
    this.form.hidden = true;
    this.able(false);
  }

  /** Why there is no box, with the command that does the same, and a way to try again. */
  private tell(why: string, instead = false): void {
    const said = make('p', 'plab-quiet', why);
    if (!instead) {
      this.hint.replaceChildren(said);
      return;
    }
    const command = make('code', '', `%ernie_predict ${this.runId} "…"`);
    const again = button(this.words.say('trial.again'), '', () => this.link?.connect());
    this.hint.replaceChildren(said, make('p', 'plab-quiet plab-row', this.words.say('trial.instead'), command, again));
  }

  // -- asking --------------------------------------------------------------------------------

  private makeFields(ready: Ready): void {
    this.fields = new Map();
    const rows = ready.roles.map((role, index) => {
      const field = make('textarea', 'plab-field plab-wide');
      field.rows = 1;
      field.id = `${this.id}-${index}`;
      field.addEventListener('keydown', event => {
        if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          this.form.requestSubmit();
        }
      });
      this.fields.set(role.name, field);
      const label = make('label', 'plab-quiet', this.words.text(role.title));
      label.htmlFor = field.id;
      return make('div', 'plab-row', label, field);
    });
    const submit = make('button', 'plab-button', this.words.say('trial.ask'));
    submit.type = 'submit';
    rows.at(-1)?.append(submit);
    this.form.replaceChildren(...rows);
  }

  private ask(): void {
    const { ready } = this;
    if (!ready) {
      return;
    }
    const given: Given = Object.fromEntries([...this.fields].map(([role, field]) => [role, field.value]));
    const why = make('div', 'plab-trial-why');
    const note = make('p', 'plab-quiet', this.words.say('trial.thinking'));
    this.answer.hidden = false;
    this.answer.classList.add('plab-old');
    const started = this.send({ op: 'ask', given }, reply => {
      this.answer.classList.remove('plab-old');
      if (reply.type === 'answer') {
        const correct = this.correction(given, reply.right);
        why.replaceChildren(...(reply.more ? [make('p', 'plab-quiet', this.words.say('trial.explaining'))] : []));
        this.answer.replaceChildren(...answerParts(reply, given, ready.roles, this.words), why, correct);
        setText(this.status, answerLine(reply, this.words));
      } else if (reply.type === 'explained') {
        why.replaceChildren(...whyParts(reply, given, ready.roles, this.words));
        setText(this.status, `${this.status.textContent ?? ''} ${whyLine(reply, given, this.words)}`);
      } else if (reply.type === 'refused') {
        this.answer.replaceChildren(refusal(reply.error, this.words));
        setText(this.status, this.words.text(reply.error.what));
      }
    });
    if (started && this.answer.childElementCount === 0) {
      this.answer.replaceChildren(note);
    }
    setText(this.status, this.words.say('trial.thinking'));
  }

  private send(request: Omit<Ask, 'id'> | Omit<GetRow, 'id'> | Omit<Keep, 'id'>, heard: Heard): boolean {
    const id = ++this.last;
    if (request.op === 'ask') {
      // Only the newest question is waited for.
      this.waiting.delete(this.asked);
      this.asked = id;
    }
    this.waiting.set(id, heard);
    const sent = this.link?.send({ ...request, id } as Ask) ?? false;
    if (!sent) {
      this.link?.connect();
    }
    return sent;
  }

  // -- correcting ----------------------------------------------------------------------------

  /** The button that opens the editor under it. */
  private correction(given: Given, right: unknown): HTMLElement {
    const place = make('div', 'plab-correct');
    const open = button(this.words.say('trial.wrong'), '', () => {
      const shut = place.childElementCount > 1;
      open.setAttribute('aria-expanded', String(!shut));
      place.replaceChildren(open);
      if (!shut) {
        this.edit(place, given, right);
      }
    });
    open.setAttribute('aria-expanded', 'false');
    place.append(open);
    return place;
  }

  /** A control beside an example: its label is wrong. Null where the run holds no whole row. */
  relabel(item: run.Sample): HTMLElement | null {
    if (item.row === null || item.row === undefined) {
      return null;
    }
    const { row } = item;
    const place = make('div', 'plab-correct plab-relabel');
    place.setAttribute('data-lm-suppress-shortcuts', 'true');
    const open = button(this.words.say('trial.relabel'), '', () => {
      const shut = place.childElementCount > 1;
      open.setAttribute('aria-expanded', String(!shut));
      place.replaceChildren(open);
      if (!shut) {
        this.send({ op: 'row', row }, reply => {
          if (reply.type === 'row') {
            place.append(...wholeTexts(reply.given, item.text));
            this.edit(place, reply.given, reply.right);
          } else if (reply.type === 'refused') {
            place.append(refusal(reply.error, this.words));
          }
        });
      }
    });
    open.setAttribute('aria-expanded', 'false');
    place.append(open);
    return place;
  }

  private edit(place: HTMLElement, given: Given, right: unknown): void {
    if (!this.ready) {
      return;
    }
    const { elements, read, focus } = editor(this.ready.control, given, right, this.words);
    const said = make('div', 'plab-kept');
    said.setAttribute('role', 'status');
    const keep = button(this.words.say('trial.keep'), '', () => {
      const found = read();
      if ('wrong' in found) {
        said.replaceChildren(make('p', 'plab-bad', found.wrong));
        return;
      }
      this.send({ op: 'keep', given, value: found.value }, reply => {
        if (reply.type === 'kept') {
          const next = make('code', '', reply.again);
          said.replaceChildren(
            make('p', '', this.words.say('trial.kept', { path: reply.path })),
            make('p', 'plab-quiet', this.words.say('trial.next'), ' ', next)
          );
        } else if (reply.type === 'refused') {
          said.replaceChildren(refusal(reply.error, this.words));
        }
      });
    });
    place.append(make('div', 'plab-row plab-editor', ...elements, keep), said);
    focus();
  }
}

/** The texts of a row where the report shows a part of them. */
function wholeTexts(given: Given, shown: string): HTMLElement[] {
  return Object.values(given)
    .filter(text => !shown.includes(text.trim()))
    .map(text => {
      const whole = make('p', 'plab-text plab-scroll', text);
      whole.dir = 'auto';
      whole.tabIndex = 0;
      return whole;
    });
}

function refusal(error: { what: run.Text; why?: run.Text | null; fix?: run.Text | null }, words: Words): HTMLElement {
  const parts = [error.why, error.fix].filter(Boolean).map(part => make('p', 'plab-quiet', words.text(part)));
  return make('div', 'plab-refused', make('p', 'plab-what', words.text(error.what)), ...parts);
}
