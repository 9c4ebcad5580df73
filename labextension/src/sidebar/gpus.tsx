/** One row a GPU: name, utilisation, memory, the last 15 minutes; more when it is opened. Many GPUs: one line each. */

import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { useModel, useSidebar } from './context';
import { DASH, gibOfMib, percent, share, shortName } from './format';
import { GpuDetail } from './gpuDetail';
import type { IGpuView, SidebarModel } from './model';
import { Condition, Meter, Section, Sparkline } from './parts';
import { shownPoints } from './series';
import { isAlarming, throttleWords } from './throttle';
import type * as wire from './messages';

const SIMULATED = 'simulated:2xA100';
/** From so many on, each has one line. */
const MANY = 4;

/** The section with all GPUs, MIG slices below theirs; folded where there is none, and nothing is wrong. */
export function Gpus(): JSX.Element | null {
  const { trans, actions } = useSidebar();
  const model = useModel('gpu', 'shape');
  const { condition, gpus, wholeGpus } = model;
  if (!gpus.length && !condition) {
    return null;
  }
  const many = wholeGpus.length >= MANY;
  const first = wholeGpus[0]?.gpu;
  const alike = many && wholeGpus.every(({ gpu }) => gpu.name === first?.name && gpu.memory === first.memory);
  const conditions = [condition, ...model.notes]
    .filter((one): one is wire.Condition => one !== null && one.code !== 'simulated')
    .map(one => <Condition key={one.code} condition={one} />);
  const mended = condition?.level !== 'error';
  return (
    <Section
      key={condition?.code}
      title={trans.__('GPUs')}
      id="gpus"
      summary={gpus.length ? summaryOf(model, trans) : trans.__('none; runs use the CPU')}
      folded={!gpus.length && mended}
    >
      {gpus.length ? null : conditions}
      {gpus.length ? null : (
        <button className="pl-button" onClick={() => void actions.chooseGpus(SIMULATED)}>
          {trans.__('Show simulated GPUs')}
        </button>
      )}
      {alike && first ? (
        <p className="pl-gpu-all pl-dim">
          {wholeGpus.length} × {shortName(first.name)}, {gibOfMib(first.memory)} GiB
        </p>
      ) : null}
      <ul className={`pl-list${many ? ' pl-mod-many' : ''}`}>
        {gpus.map(view => (
          <GpuRow key={view.gpu.uuid} view={view} many={many} />
        ))}
      </ul>
      {gpus.length ? conditions : null}
    </Section>
  );
}

function summaryOf(model: SidebarModel, trans: TranslationBundle): string {
  const whole = model.wholeGpus;
  const busy = whole.filter(view => (view.fast[0] ?? 0) >= 5).length;
  return whole.length > 1 ? trans.__('%1 of %2 busy', busy, whole.length) : '';
}

function GpuRow({ view, many }: { view: IGpuView; many: boolean }): JSX.Element {
  const { trans, model } = useSidebar();
  const [open, setOpen] = React.useState(false);
  const { gpu, fast, series, condition } = view;
  const [busy, used, , throttle] = fast;
  const name = gpu.parent === null ? trans.__('GPU %1', gpu.index) : trans.__('Slice %1', view.position - gpu.parent - 1);
  const memory = share(used, gpu.memory);
  const memoryText = trans.__('%1 of %2 GiB', gibOfMib(used), gibOfMib(gpu.memory));
  const icon = open ? caretDownIcon : caretRightIcon;
  // A GPU that gives some numbers is not gone, whatever else it refuses.
  const lost = condition?.level === 'error' && used === null;
  const shown = shownPoints(series.points.used);
  const words = throttleWords(throttle, trans);
  const detail = `pl-gpu-${view.position}`;
  return (
    <li className={`pl-gpu${gpu.parent === null ? '' : ' pl-mod-slice'}${lost ? ' pl-mod-lost' : ''}`}>
      <button className="pl-gpu-head" aria-expanded={open} aria-controls={detail} onClick={() => setOpen(!open)}>
        <icon.react tag="span" className="pl-caret" />
        <span className="pl-gpu-name" title={gpu.name}>
          {many && gpu.parent === null ? (
            <>
              <span className="pl-hidden">GPU </span>
              {gpu.index}
            </>
          ) : (
            name
          )}
        </span>
        <span className="pl-gpu-model">{shortName(gpu.name)}</span>
        <span className={`pl-note${isAlarming(throttle) ? ' pl-mod-warning' : ''}`} title={words || undefined}>
          {words}
        </span>
        <span className="pl-gpu-busy">
          <span className="pl-hidden">{trans.__('utilisation')} </span>
          {lost || gpu.parent !== null ? DASH : percent(busy)}
        </span>
      </button>
      <div className="pl-gpu-body">
        {gpu.parent === null ? (
          <Sparkline
            line={series.points.busy.slice(-shown)}
            lineMax={100}
            area={series.points.used.slice(-shown)}
            areaMax={gpu.memory ?? 1}
            marks={runMarks(view, model, (15 * 60 * shown) / series.points.busy.length)}
          />
        ) : null}
        <div className="pl-gpu-memory">
          <Meter
            label={trans.__('Memory of %1', name)}
            value={memory}
            text={memory === null ? trans.__('not known') : `${memoryText}, ${memory}%`}
          />
          <span className="pl-amount">
            {gibOfMib(used)}
            <span className="pl-dim pl-of"> / {gibOfMib(gpu.memory)} GiB</span>
          </span>
        </div>
      </div>
      {condition ? <Condition condition={condition} /> : null}
      <div id={detail} className="pl-gpu-more" hidden={!open}>
        {open ? <GpuDetail view={view} /> : null}
      </div>
    </li>
  );
}

/** Where runs on this GPU began, as shares of the sparkline's width. */
function runMarks(view: IGpuView, model: SidebarModel, span: number): number[] {
  const kernels = new Set(
    model.owners.filter(owner => String(view.position) in owner.memory).map(owner => owner.kernel ?? owner.key)
  );
  const now = Date.now() / 1000;
  return model.runs
    .filter(run => run.started !== null && (kernels.has(run.kernel ?? '') || kernels.has(`run:${run.id}`)))
    .map(run => 1 - (now - (run.started ?? 0)) / span)
    .filter(share => share > 0 && share < 1);
}
