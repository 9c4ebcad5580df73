/** Every run of every notebook, live ones first. */

import { LabIcon, closeIcon, folderIcon, notebookIcon, refreshIcon, runIcon, stopIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { nameOf } from '../run/names';
import { duration, number, roughly } from '../run/numbers';
import type { Ask } from './actions';
import { type ISidebar, useModel, useSidebar } from './context';
import { IconButton, Section, Sparkline } from './parts';
import type { SidebarModel } from './model';
import type * as wire from './messages';

const FIRST = 6;

const pauseIcon = new LabIcon({
  name: 'paddle-lab:pause',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16"><path class="jp-icon3" fill="currentColor" d="M6 5h4v14H6zM14 5h4v14h-4z"/></svg>'
});

/** The section with the runs. */
export function Runs(): JSX.Element {
  const { trans, actions } = useSidebar();
  const model = useModel('runs', 'owners');
  const [all, setAll] = React.useState(false);
  const live = model.runs.filter(run => run.live);
  const past = model.runs.filter(run => !run.live);
  const shown = all ? past : past.slice(0, Math.max(0, FIRST - live.length));
  const { rows, hold } = useHeldOrder([...live, ...shown], model.runs);
  const summary = live.length ? trans.__('%1 live', live.length) : '';
  return (
    <Section title={trans.__('Training runs')} id="runs" summary={summary}>
      {model.runsReady && !model.runs.length ? (
        <p className="pl-empty">
          {trans.__('No run yet. Right-click a data file and choose Fine-tune…, or begin with a notebook:')}
        </p>
      ) : null}
      <ul className="pl-list" {...hold}>
        {rows.map(run => (
          <RunRow key={run.id} run={run} />
        ))}
      </ul>
      {model.runs.length ? (
        <button className="pl-button" onClick={() => actions.openRuns()}>
          {trans.__('All runs in a table')}
        </button>
      ) : null}
      {past.length > shown.length || all ? (
        <button className="pl-button" onClick={() => setAll(!all)}>
          {all ? trans.__('Show fewer') : trans.__('Show all %1', model.runs.length)}
        </button>
      ) : null}
      <button className="pl-button" onClick={() => actions.newNotebook()}>
        {trans.__('New fine-tuning notebook')}
      </button>
    </Section>
  );
}

/** The rows keep their order while somebody points at them, or has the focus in them. */
function useHeldOrder(wanted: wire.Run[], all: wire.Run[]): { rows: wire.Run[]; hold: object } {
  const [held, setHeld] = React.useState<string[] | null>(null);
  const order = React.useRef<string[]>([]);
  const rows = held ? inOrder(held, wanted, all) : wanted;
  order.current = rows.map(run => run.id);
  const begin = (): void => setHeld(before => before ?? order.current);
  const end = (event: React.SyntheticEvent<HTMLElement>): void => {
    const list = event.currentTarget;
    const focused = event.type !== 'blur' && list.contains(document.activeElement);
    if (!focused && !(event.type === 'blur' && list.matches(':hover'))) {
      setHeld(null);
    }
  };
  return { rows, hold: { onPointerEnter: begin, onFocus: begin, onPointerLeave: end, onBlur: end } };
}

/** What was there stays where it was; what is new comes below. */
function inOrder(held: string[], wanted: wire.Run[], all: wire.Run[]): wire.Run[] {
  const known = new Map(all.map(run => [run.id, run]));
  const stay = held.map(id => known.get(id)).filter((run): run is wire.Run => run !== undefined);
  return [...stay, ...wanted.filter(run => !held.includes(run.id))];
}

function RunRow({ run }: { run: wire.Run }): JSX.Element {
  const sidebar = useSidebar();
  const { trans, say, actions, presenter, currentPath, model } = sidebar;
  const inFront = run.path !== null && run.path === currentPath();
  const hidden = presenter() && !inFront;
  const name = hidden ? trans.__('Another run') : run.name;
  const done = percentOf(run);
  return (
    <li className="pl-run" data-state={run.state}>
      <div className="pl-owner-line">
        {hidden ? (
          <span className="pl-owner-name" dir="auto">
            {name}
          </span>
        ) : (
          <button className="pl-link pl-owner-name" dir="auto" title={run.folder} onClick={() => actions.openRun(run)}>
            {name}
          </button>
        )}
        <span className={`pl-state pl-mod-${run.state}`}>{stateName(stateOf(run), trans)}</span>
      </div>
      {run.live || (run.spark && run.spark.length > 1) ? (
        <Sparkline className="pl-mod-loss" {...lossLine(run.spark ?? [])} />
      ) : null}
      {run.live ? (
        <div
          className="pl-progress"
          role="progressbar"
          aria-label={trans.__('Progress of %1', name)}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={done}
          aria-valuetext={`${done} %`}
        >
          <div className="pl-progress-fill" style={{ width: `${done}%` }} />
        </div>
      ) : null}
      <p className={`pl-run-facts pl-dim${run.live ? ' pl-mod-line' : ''}`}>
        {[...factsOf(run, sidebar), ...gpuOf(run, model, trans)].map((fact, index) => (
          <React.Fragment key={fact}>
            {index ? ' · ' : ''}
            <span className="pl-fact">{fact}</span>
          </React.Fragment>
        ))}
      </p>
      {run.reason && !hidden ? <p className="pl-run-facts pl-condition-reason">{say(run.reason)}</p> : null}
      {run.no_bundle && !hidden ? (
        <p className="pl-run-facts">
          {trans.__('No bundle: its export failed. Export it:')} <code>%ernie_export {run.id}</code>
        </p>
      ) : null}
      <div className="pl-owner-line pl-dim">
        <span className="pl-owner-name" title={hidden ? undefined : run.path ?? run.notebook ?? undefined}>
          {hidden ? '' : notebookOf(run)}
        </span>
        <span className="pl-tools">
          <RunTools run={run} name={name} />
          {run.path ? (
            <IconButton icon={notebookIcon} label={trans.__('Open the notebook of %1', name)} onClick={() => actions.openNotebook(run.path)} />
          ) : null}
          {run.folder_path && actions.canOpenFolders ? (
            <IconButton icon={folderIcon} label={trans.__('Open the folder of %1', name)} onClick={() => actions.openFolder(run.folder_path)} />
          ) : null}
        </span>
      </div>
    </li>
  );
}

/** What can be asked of the run in its state. */
function RunTools({ run, name }: { run: wire.Run; name: string }): JSX.Element | null {
  const { trans, actions } = useSidebar();
  if (run.resumable) {
    const label =
      run.checkpoint === null
        ? trans.__('Begin %1 again', name)
        : trans.__('Resume %1 from its checkpoint at step %2', name, run.checkpoint);
    return <IconButton icon={refreshIcon} label={label} onClick={() => void actions.resumeEnded(run)} />;
  }
  if (!run.live) {
    return null;
  }
  const { state, stopping } = run;
  const ask = (what: Ask) => () => void actions.askRun(run, what);
  // Each has its place: none moves when another comes or goes.
  return (
    <>
      <IconButton
        icon={closeIcon}
        label={trans.__('Discard %1: leave at once, without report and exported model', name)}
        onClick={ask('discard')}
        away={!stopping}
        disabled={stopping === 'discard'}
      />
      {state === 'paused' ? (
        <IconButton icon={runIcon} label={trans.__('Go on with %1', name)} onClick={ask('resume')} away={Boolean(stopping)} />
      ) : (
        <IconButton
          icon={pauseIcon}
          label={trans.__('Pause %1', name)}
          onClick={ask('pause')}
          away={Boolean(stopping) || state !== 'training'}
        />
      )}
      <IconButton
        icon={stopIcon}
        label={trans.__('Stop %1 and keep what it has learnt', name)}
        onClick={ask('stop')}
        away={state === 'finishing'}
        disabled={Boolean(stopping) && stopping !== 'epoch'}
      />
    </>
  );
}

/** From the lowest to the highest loss, but never so large that noise looks like a fall. */
function lossLine(losses: (number | null)[]): { line: (number | null)[]; lineMax: number } {
  const known = losses.filter((loss): loss is number => loss !== null);
  const highest = Math.max(0, ...known);
  const lowest = Math.max(0, Math.min(highest * 0.8, ...known));
  return { line: losses.map(loss => (loss === null ? null : Math.max(0, loss - lowest))), lineMax: highest - lowest || 1 };
}

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

function factsOf(run: wire.Run, { trans, language }: ISidebar): string[] {
  const facts: string[] = [];
  if (run.live) {
    facts.push(`${percentOf(run)} %`);
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
    facts.push(`${nameOf('metric', run.best[0], language)} ${number(run.best[1])}`);
  } else if (run.loss !== null) {
    facts.push(trans.__('loss %1', number(run.loss)));
  }
  if (!run.live && run.ended !== null && run.started !== null) {
    facts.push(duration(run.ended - run.started, language));
  }
  return facts;
}

/** The GPUs that the run's process holds memory of; the device asked for where none is seen. */
function gpuOf(run: wire.Run, model: SidebarModel, trans: TranslationBundle): string[] {
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
function notebookOf(run: wire.Run): string {
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
