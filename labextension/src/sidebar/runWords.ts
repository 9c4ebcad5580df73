/** What a run's row and the status bar say of it. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { nameOf } from '../run/names';
import { duration, figure, number, roughly } from '../run/numbers';
import type { ISidebar } from './context';
import type { SidebarModel } from './model';
import type * as wire from './messages';

/** How much of the whole job is done, in percent; of a run that does not say, of its steps. */
export function percentOf(run: wire.Run): number {
  const share = run.share ?? (run.total_steps ? Math.min(1, run.step / run.total_steps) : 0);
  return Math.floor(100 * share);
}

/** The state as a person is told it: one that was asked to stop is stopping. */
export function stateOf(run: wire.Run): string {
  if (!run.live) {
    return run.state;
  }
  return run.stopping ? 'stopping' : run.state === 'queued' && !run.phase ? 'starting' : run.state;
}

export function factsOf(run: wire.Run, { trans, language }: ISidebar): string[] {
  const facts: string[] = [];
  if (run.place !== null) {
    facts.push(trans.__('place %1 in the queue', run.place));
  } else if (run.live) {
    facts.push(`${percentOf(run)}%`);
    if (run.left_s !== null) {
      facts.push(trans.__('%1 left', roughly(run.left_s, language)));
    }
  }
  if (run.live && run.total_steps) {
    facts.push(`${run.step} / ${run.total_steps}`);
  } else if (run.step && run.state !== 'finished') {
    facts.push(trans.__('step %1', run.step));
  }
  if (run.best && !run.live) {
    facts.push(`${nameOf('metric', run.best[0], language)} ${figure(...run.best)}`);
  } else if (run.loss !== null) {
    facts.push(trans.__('loss %1', number(run.loss)));
  }
  if (!run.live && run.ended !== null && run.started !== null) {
    facts.push(duration(run.ended - run.started, language));
  }
  return facts;
}

/** The GPUs that the run's process holds memory of; the device asked for where none is seen. */
export function gpuOf(run: wire.Run, model: SidebarModel, trans: TranslationBundle): string[] {
  const owner = run.live
    ? model.owners.find(item => item.key === `run:${run.id}` || (item.kernel && item.kernel === run.kernel))
    : undefined;
  const positions = Object.keys(owner?.memory ?? {}).filter(position => Number(position) >= 0);
  if (positions.length) {
    return [trans.__('GPU %1', positions.join(', '))];
  }
  return run.device && run.device !== 'auto' ? [run.device] : [];
}

/** The file name of its notebook; one outside of the server's folder is named too, but not opened. */
export function notebookOf(run: wire.Run): string {
  return (run.path ?? run.notebook ?? '').split('/').pop() ?? '';
}

/** The state in words; a state of a later version is shown as it is. */
export function stateName(state: string, trans: TranslationBundle): string {
  const names: { [state: string]: string } = {
    stopping: trans.__('stopping…'),
    queued: trans.__('queued'),
    starting: trans.__('starting'),
    training: trans.__('training'),
    paused: trans.__('paused'),
    finishing: trans.__('finishing'),
    finished: trans.__('finished'),
    stopped: trans.__('stopped'),
    failed: trans.__('failed'),
    aborted: trans.__('aborted'),
    crashed: trans.__('crashed'),
    unreadable: trans.__('unreadable')
  };
  return names[state] ?? state;
}
