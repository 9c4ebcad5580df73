/** Who holds GPU memory: notebooks first, the honest remainder last. */

import { clearIcon, closeIcon, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { ISidebar, useModel, useSidebar } from './context';
import { roughly } from '../run/numbers';
import { gibOfBytes } from './format';
import { Condition, IconButton, Section } from './parts';
import { steady } from './steady';
import type * as wire from './messages';

/** The section with the owners and "free the most". */
export function Owners(): JSX.Element | null {
  const { trans, actions } = useSidebar();
  const model = useModel('owners', 'shape', 'slow');
  const rows = React.useRef<Row[]>([]);
  const lives = model.runs.some(run => run.live);
  const known = (rows.current = steady<Row>(rows.current, model.owners.filter(owner => owner.kind !== 'other'), lives));
  const other = model.owners.filter(owner => owner.kind === 'other');
  if (!model.gpus.length && !model.owners.length) {
    return null;
  }
  const total = model.owners.reduce((sum, owner) => sum + owner.total, 0);
  const idle = known.some(owner => !owner.gone && owner.kernel && owner.state === 'idle');
  return (
    <Section title={trans.__('Memory by notebook')} id="owners" summary={`${gibOfBytes(total)} GiB`}>
      <div className="pl-buttons">
        <button
          className="pl-button"
          aria-disabled={!idle}
          title={idle ? undefined : trans.__('No notebook that holds GPU memory is idle.')}
          onClick={() => idle && void actions.freeTheMost()}
        >
          {trans.__('Free the most…')}
        </button>
      </div>
      {known.length === 0 ? <p className="pl-empty">{trans.__('No notebook holds GPU memory.')}</p> : null}
      <ul className="pl-list">
        {known.map(owner => (
          <OwnerRow key={owner.key} owner={owner} />
        ))}
        {other.map(owner => (
          <OtherRow key={owner.key} owner={owner} />
        ))}
      </ul>
      {model.ownerNotes.map(note => (
        <Condition key={note.code} condition={note} />
      ))}
    </Section>
  );
}

type Row = wire.Owner & { gone?: boolean };

function OwnerRow({ owner }: { owner: Row }): JSX.Element {
  const sidebar = useSidebar();
  const { trans, actions, currentPath } = sidebar;
  const current = owner.path !== null && owner.path === currentPath();
  const name = visibleName(owner, sidebar, current);
  const facts = owner.gone ? trans.__('holds no memory any more') : factsOf(owner, sidebar);
  return (
    <li className={`pl-owner${current ? ' pl-mod-current' : ''}`} aria-current={current ? 'true' : undefined}>
      <div className="pl-owner-line">
        {owner.path ? (
          <button className="pl-link" title={owner.path} onClick={() => actions.openNotebook(owner.path)}>
            {name}
          </button>
        ) : (
          <span className="pl-owner-name">{name}</span>
        )}
        <span className="pl-amount">
          {gibOfBytes(owner.gone ? null : owner.total)} <span className="pl-dim">GiB</span>
        </span>
      </div>
      <div className="pl-owner-line pl-dim">
        <span className="pl-owner-facts" title={facts}>
          {facts}
        </span>
        {owner.gone ? null : (
          <span className="pl-tools">
            {owner.kind === 'service' ? (
              <IconButton
                icon={stopIcon}
                label={trans.__('Stop the service of %1', owner.name)}
                onClick={() => void actions.stopService(owner)}
              />
            ) : null}
            {owner.kernel ? (
              <>
                <IconButton
                  icon={clearIcon}
                  label={trans.__("Free Paddle's cached memory of %1", name)}
                  disabled={owner.state !== 'idle'}
                  onClick={() => void actions.freeCached(owner)}
                />
                <IconButton
                  icon={stopIcon}
                  label={trans.__('Interrupt the kernel of %1', name)}
                  disabled={owner.state !== 'busy'}
                  onClick={() => void actions.interrupt(owner)}
                />
                <IconButton
                  icon={closeIcon}
                  label={trans.__('Shut down the kernel of %1', name)}
                  onClick={() => void actions.shutDown(owner)}
                />
              </>
            ) : null}
          </span>
        )}
      </div>
      {owner.kernel ? (
        <div className="pl-split-place">{owner.split && !owner.gone ? <Split split={owner.split} total={owner.total} /> : null}</div>
      ) : null}
      {owner.condition && !owner.gone ? <Condition condition={owner.condition} /> : null}
    </li>
  );
}

/** In presenter mode only the notebook in front keeps its name. */
function visibleName(owner: wire.Owner, { presenter, trans }: ISidebar, current: boolean): string {
  if (presenter() && !current) {
    return trans.__('Another notebook');
  }
  return owner.kind === 'service'
    ? trans.__('Service of %1', owner.name)
    : owner.kind === 'run'
      ? trans.__('Run %1', owner.name)
      : owner.name;
}

function OtherRow({ owner }: { owner: wire.Owner }): JSX.Element {
  const { trans, model } = useSidebar();
  const words = model.simulated
    ? trans.__('Simulated processes')
    : trans.__('Other processes, the driver, or outside this container');
  return (
    <li className="pl-owner pl-mod-other">
      <div className="pl-owner-line">
        <span className="pl-owner-name">{words}</span>
        <span className="pl-amount">
          {gibOfBytes(owner.total)} <span className="pl-dim">GiB</span>
        </span>
      </div>
    </li>
  );
}

/** State, GPUs, processes, idle time: one line. */
function factsOf(owner: wire.Owner, sidebar: ISidebar): string {
  const { trans } = sidebar;
  const positions = Object.keys(owner.memory)
    .map(Number)
    .filter(position => position >= 0);
  const facts = [stateWords(owner, sidebar)];
  if (positions.length) {
    facts.push(trans.__('GPU %1', positions.join(', ')));
  }
  if (owner.processes > 1) {
    facts.push(trans.__('%1 processes', owner.processes));
  }
  if (owner.reported) {
    facts.push(trans.__('as the kernel reports'));
  }
  return facts.filter(Boolean).join(' · ');
}

function stateWords(owner: wire.Owner, { trans, language }: ISidebar): string {
  if (owner.kind === 'service') {
    return trans.__('port %1', owner.port!);
  }
  if (owner.state === 'busy') {
    return trans.__('busy');
  }
  if (owner.state !== 'idle') {
    return owner.kind === 'run' ? trans.__('own process') : trans.__('state not known');
  }
  const idle = owner.last_activity === null ? 0 : Date.now() / 1000 - owner.last_activity;
  return idle < 60 ? trans.__('idle') : trans.__('idle for %1', roughly(idle, language));
}

/** Paddle's part: tensors, cached by its allocator, the rest. */
function Split({ split, total }: { split: NonNullable<wire.Owner['split']>; total: number }): JSX.Element {
  const { trans } = useSidebar();
  const [tensors, cached, other] = split;
  const whole = Math.max(total, tensors + cached + (other ?? 0), 1);
  const parts: [name: string, amount: number, words: string][] = [
    ['tensors', tensors, trans.__('tensors %1', gibOfBytes(tensors))],
    ['cached', cached, trans.__('cached %1', gibOfBytes(cached))],
    ['rest', other ?? 0, trans.__('other %1', gibOfBytes(other))]
  ];
  return (
    <>
      <div className="pl-split" aria-hidden="true">
        {parts.map(([name, amount]) => (
          <span key={name} className={`pl-split-part pl-mod-${name}`} style={{ width: `${(100 * amount) / whole}%` }} />
        ))}
      </div>
      <p className="pl-split-words">
        <span className="pl-hidden">{trans.__("Paddle's memory in GiB:")} </span>
        {parts.map(([name, , words]) => (
          <span key={name} className="pl-split-word">
            <span className={`pl-split-key pl-mod-${name}`} aria-hidden="true" />
            {words}
          </span>
        ))}
      </p>
    </>
  );
}
