/** The runs: live ones first, and as many past ones as leave room for the rest. */

import * as React from 'react';

import { useModel, useSidebar } from './context';
import { Section } from './parts';
import { RunRow } from './runRow';
import type * as wire from './messages';

/** Rows without "All runs in a table", and past ones beside the live at least. */
const FIRST = 4;
const PAST = 2;

/** The section with the runs. */
export function Runs(): JSX.Element {
  const { trans, actions } = useSidebar();
  const model = useModel('runs', 'owners');
  const [held, handlers] = useHeld();
  const lived = useLived(model.runs, held);
  const large = model.runs.filter(run => lived.includes(run.id));
  const past = model.runs.filter(run => !lived.includes(run.id));
  const wanted = [...large, ...past.slice(0, Math.max(PAST, FIRST - large.length))];
  const rows = useOrder(wanted, model.runs, held);
  const live = model.runs.filter(run => run.live).length;
  const summary = live ? trans.__('%1 live', live) : '';
  return (
    <Section title={trans.__('Training runs')} id="runs" summary={summary}>
      {model.runsReady && !model.runs.length ? (
        <p className="pl-empty">
          {trans.__('No run yet. Right-click a data file and choose Fine-tune…, or begin with a notebook:')}
        </p>
      ) : null}
      <ul className="pl-list" {...handlers}>
        {rows.map(run => (
          <RunRow key={run.id} run={run} large={lived.includes(run.id)} />
        ))}
      </ul>
      {model.runs.length ? (
        <button className="pl-button" onClick={() => actions.openRuns()}>
          {trans.__('All runs in a table')}
        </button>
      ) : null}
      <button className="pl-button" onClick={() => actions.newNotebook()}>
        {trans.__('New fine-tuning notebook')}
      </button>
    </Section>
  );
}

/** Whether somebody points at the list or has the focus in it: then nothing in it shall move. */
function useHeld(): [held: boolean, handlers: object] {
  const [held, setHeld] = React.useState(false);
  const begin = (): void => setHeld(true);
  const end = (event: React.SyntheticEvent<HTMLElement>): void => {
    const list = event.currentTarget;
    setHeld(event.type === 'blur' ? list.matches(':hover') : list.contains(document.activeElement));
  };
  return [held, { onPointerEnter: begin, onFocus: begin, onPointerLeave: end, onBlur: end }];
}

/** The live runs, and those that lived beside them: a row keeps its size and place until another run begins. */
function useLived(runs: wire.Run[], held: boolean): string[] {
  const lived = React.useRef<string[]>([]);
  const live = runs.filter(run => run.live).map(run => run.id);
  if (live.some(id => !lived.current.includes(id))) {
    lived.current = held ? [...lived.current, ...live] : live;
  }
  return lived.current;
}

/** The rows in the order that is wanted; while they are held, what was there stays and what is new comes below. */
function useOrder(wanted: wire.Run[], all: wire.Run[], held: boolean): wire.Run[] {
  const order = React.useRef<string[]>([]);
  let rows = wanted;
  if (held) {
    const stay = order.current.map(id => all.find(run => run.id === id)).filter((run): run is wire.Run => Boolean(run));
    rows = [...stay, ...wanted.filter(run => !stay.includes(run))];
  }
  order.current = rows.map(run => run.id);
  return rows;
}
