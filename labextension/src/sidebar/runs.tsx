/** The runs: live ones first, and as many past ones as leave room for the rest. */

import * as React from 'react';

import { useModel, useSidebar } from './context';
import { Section } from './parts';
import { RunRow } from './runRow';
import { type ISeat, seatsFor, unitsOf } from './seats';
import type * as wire from './messages';

/** The section with the runs. It has one height, and its buttons stand above what changes. */
export function Runs(): JSX.Element {
  const { trans, actions } = useSidebar();
  const model = useModel('runs', 'owners');
  const [held, handlers] = useHeld();
  const { seats, units } = useSeats(model.runs, held);
  const known = new Map(model.runs.map(run => [run.id, run]));
  const live = model.runs.filter(run => run.live).length;
  const summary = live ? trans.__('%1 live', live) : '';
  return (
    <Section title={trans.__('Training runs')} id="runs" summary={summary}>
      <div className="pl-buttons">
        <button className="pl-button" onClick={() => actions.newNotebook()}>
          {trans.__('New fine-tuning notebook')}
        </button>
        <button className={`pl-button${model.runs.length ? '' : ' pl-mod-away'}`} onClick={() => actions.openRuns()}>
          {trans.__('All runs in a table')}
        </button>
      </div>
      <div className="pl-seats" style={{ '--pl-units': units } as React.CSSProperties}>
        {model.runsReady && !model.runs.length ? (
          <p className="pl-empty">
            {trans.__('No run yet. Right-click a data file and choose Fine-tune…, or begin with a notebook.')}
          </p>
        ) : null}
        <ul className="pl-list" {...handlers}>
          {seats.map(({ id, at, large }) => (
            <RunRow key={`${id} ${at}`} run={known.get(id) as wire.Run} at={at} large={large} />
          ))}
        </ul>
      </div>
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

/** Who stands where, and for how many units there is room: more only while nobody points at the list. */
function useSeats(runs: wire.Run[], held: boolean): { seats: ISeat[]; units: number } {
  const seats = React.useRef<ISeat[]>([]);
  const units = React.useRef(unitsOf([]));
  seats.current = seatsFor(seats.current, runs, held);
  if (!held) {
    units.current = unitsOf(seats.current);
  }
  return { seats: seats.current, units: units.current };
}
