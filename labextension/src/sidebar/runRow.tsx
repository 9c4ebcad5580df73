/** A run's row: large with curve, progress and what can be asked while it lives, small afterwards. */

import { LabIcon, closeIcon, folderIcon, notebookIcon, refreshIcon, runIcon, stopIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Ask } from './actions';
import { useSidebar } from './context';
import { IconButton, Sparkline } from './parts';
import { factsOf, gpuOf, notebookOf, percentOf, stateName, stateOf } from './runWords';
import type * as wire from './messages';

const icon = (name: string, path: string): LabIcon =>
  new LabIcon({
    name: `paddle-lab:${name}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16"><path class="jp-icon3" fill="currentColor" d="${path}"/></svg>`
  });
const pauseIcon = icon('pause', 'M6 5h4v14H6zM14 5h4v14h-4z');
const earlierIcon = icon('earlier', 'M12 5l-6 6 1.4 1.4 3.6-3.6V19h2V8.8l3.6 3.6L18 11z');

/** `at`: the unit of the list at which it begins. Rows keep their height, whatever comes and goes in them. */
export function RunRow({ run, at, large }: { run: wire.Run; at: number; large: boolean }): JSX.Element {
  const sidebar = useSidebar();
  const { trans, say, actions, presenter, currentPath, model } = sidebar;
  const inFront = run.path !== null && run.path === currentPath();
  const hidden = presenter() && !inFront;
  const name = hidden ? trans.__('Another run') : run.name;
  const note = hidden ? null : run.reason ? say(run.reason) : noBundle(run, trans);
  const facts = (
    <p className="pl-run-facts pl-dim">
      {[...factsOf(run, sidebar), ...gpuOf(run, model, trans), ...(large || hidden ? [] : [notebookOf(run)])].filter(Boolean).join(' · ')}
    </p>
  );
  const told = note ? (
    <p className="pl-run-note" title={note}>
      {note}
    </p>
  ) : null;
  return (
    <li
      className={`pl-run${large ? ' pl-mod-large' : ''}`}
      data-state={run.state}
      style={{ gridRow: `${at + 1} / span ${large ? 2 : 1}` }}
    >
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
      {large ? (
        <div className="pl-run-body">
          {told && !run.live ? told : <Curve run={run} name={name} />}
          {facts}
        </div>
      ) : null}
      <div className="pl-owner-line pl-dim">
        {large ? (
          <span className="pl-owner-name" title={hidden ? undefined : run.path ?? run.notebook ?? undefined}>
            {hidden ? '' : notebookOf(run)}
          </span>
        ) : (
          told ?? facts
        )}
        <span className="pl-tools">
          <RunTools run={run} name={name} />
          <IconButton
            icon={notebookIcon}
            label={trans.__('Open the notebook of %1', name)}
            onClick={() => actions.openNotebook(run.path)}
            away={!run.path}
          />
          {actions.canOpenFolders ? (
            <IconButton
              icon={folderIcon}
              label={trans.__('Open the folder of %1', name)}
              onClick={() => actions.openFolder(run.folder_path)}
              away={!run.folder_path}
            />
          ) : null}
        </span>
      </div>
    </li>
  );
}

/** The loss so far, and how much of the job is done. */
function Curve({ run, name }: { run: wire.Run; name: string }): JSX.Element {
  const { trans } = useSidebar();
  const done = percentOf(run);
  return (
    <>
      <Sparkline className="pl-mod-loss" {...lossLine(run.spark ?? [])} />
      <div
        className="pl-progress"
        role="progressbar"
        aria-label={trans.__('Progress of %1', name)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={done}
        aria-valuetext={`${done}%`}
      >
        <div className="pl-progress-fill" style={{ width: `${done}%` }} />
      </div>
    </>
  );
}

function noBundle(run: wire.Run, trans: TranslationBundle): string | null {
  return run.no_bundle ? trans.__('No bundle: its export failed. Export it: %1', `%ernie_export ${run.id}`) : null;
}

/** What can be asked of the run in its state. */
function RunTools({ run, name }: { run: wire.Run; name: string }): JSX.Element | null {
  const { trans, actions } = useSidebar();
  if (run.resumable) {
    // In the first place: a second click on Stop, after the run has ended, resumes nothing.
    const label =
      run.checkpoint === null
        ? trans.__('Begin %1 again', name)
        : trans.__('Resume %1 from its checkpoint at step %2', name, run.checkpoint);
    return (
      <>
        <IconButton icon={refreshIcon} label={label} onClick={() => void actions.resumeEnded(run)} />
        <span className="pl-no-tool" />
      </>
    );
  }
  if (!run.live) {
    return null;
  }
  const { state, stopping } = run;
  const ask = (what: Ask) => () => void actions.askRun(run, what);
  // Each has its place: none moves when another comes or goes.
  return (
    <>
      {run.place !== null && !stopping ? (
        <IconButton
          icon={earlierIcon}
          label={trans.__('Let %1 come one place earlier', name)}
          onClick={() => void actions.moveUp(run)}
          away={run.place < 2}
        />
      ) : state === 'paused' ? (
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
        icon={closeIcon}
        label={trans.__('Discard %1: leave at once, without report and exported model', name)}
        onClick={ask('discard')}
        away={!stopping}
        disabled={stopping === 'discard'}
      />
      <IconButton
        icon={run.place === null ? stopIcon : closeIcon}
        label={run.place === null ? trans.__('Stop %1 and keep what it has learnt', name) : trans.__('Take %1 out of the queue', name)}
        onClick={ask(run.place === null ? 'stop' : 'discard')}
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
