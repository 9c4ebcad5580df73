/** What a GPU's row shows when it is open: slow values, links, and the past in large. */

import * as React from 'react';

import { useSidebar } from './context';
import { DASH, gibOfMib, percent, rate } from './format';
import type { IGpuView } from './model';
import { Sparkline } from './parts';
import type * as wire from './messages';

type Range = '15m' | '6h';

/** PCIe and NVLink are asked for only while this is shown. */
export function GpuDetail({ view }: { view: IGpuView }): JSX.Element {
  const { trans, watchLinks } = useSidebar();
  const { position } = view;
  React.useEffect(() => watchLinks(position), [position, watchLinks]);
  const [temperature, clock, memoryClock, fan, ecc, limit] = view.slow;
  const [, , power, , memoryBusy] = view.fast;
  const [pcieIn, pcieOut, linkIn, linkOut] = view.links ?? [];
  const rows: [string, string][] = [
    [trans.__('Temperature'), unit(temperature, '°C')],
    [trans.__('Power, limit'), `${figureOf(power)} / ${unit(limit ?? view.gpu.limit, 'W')}`],
    [trans.__('Clock'), unit(clock, 'MHz')],
    [trans.__('Memory clock'), unit(memoryClock, 'MHz')],
    [trans.__('Memory bandwidth'), percent(memoryBusy ?? null)],
    [trans.__('Fan'), percent(fan ?? null)],
    [trans.__('Memory errors (ECC)'), ecc === null || ecc === undefined ? DASH : String(ecc)],
    [trans.__('PCIe in'), rate(pcieIn ?? null)],
    [trans.__('PCIe out'), rate(pcieOut ?? null)],
    [trans.__('NVLink in'), rate(linkIn ?? null)],
    [trans.__('NVLink out'), rate(linkOut ?? null)]
  ];
  return (
    <div className="pl-detail">
      <Past view={view} />
      <dl className="pl-facts">
        {rows.map(([name, value]) => (
          <React.Fragment key={name}>
            <dt>{name}</dt>
            <dd title={value === DASH ? trans.__('This GPU does not report this value.') : undefined}>{value}</dd>
          </React.Fragment>
        ))}
      </dl>
    </div>
  );
}

function figureOf(value: number | null | undefined): string {
  return value === null || value === undefined ? DASH : String(Math.round(value));
}

function unit(value: number | null | undefined, name: string): string {
  return value === null || value === undefined ? DASH : `${Math.round(value)} ${name}`;
}

/** The past in large: 15 minutes as they come, 6 hours fetched when asked for. */
function Past({ view }: { view: IGpuView }): JSX.Element {
  const { trans, actions } = useSidebar();
  const [range, setRange] = React.useState<Range>('15m');
  const [past, setPast] = React.useState<wire.History | null>(null);
  React.useEffect(() => {
    let wanted = true;
    setPast(null);
    if (range === '6h') {
      actions.history('6h', 240).then(
        found => wanted && setPast(found),
        () => wanted && setRange('15m')
      );
    }
    return () => {
      wanted = false;
    };
  }, [range, actions]);
  const track = range === '6h' ? past?.tracks[view.gpu.uuid] : view.series.points;
  const label = (name: Range): string => (name === '15m' ? trans.__('15 min') : trans.__('6 h'));
  return (
    <div className="pl-past">
      <div className="pl-past-head">
        <span className="pl-key">
          <span className="pl-key-line" aria-hidden="true" /> {trans.__('Utilisation')}
        </span>
        <span className="pl-key">
          <span className="pl-key-area" aria-hidden="true" /> {trans.__('GPU memory')}
        </span>
        <span className="pl-ranges" role="group" aria-label={trans.__('Time shown')}>
          {(['15m', '6h'] as const).map(name => (
            <button key={name} className="pl-range" aria-pressed={range === name} onClick={() => setRange(name)}>
              {label(name)}
            </button>
          ))}
        </span>
      </div>
      <Sparkline
        className="pl-mod-large"
        line={track?.busy ?? []}
        lineMax={100}
        area={track?.used ?? []}
        areaMax={view.gpu.memory ?? 1}
      />
      <p className="pl-dim pl-past-text">{trans.__('mean %1, peak memory %2 GiB', percent(mean(track?.busy ?? [])), gibOfMib(peak(track?.used ?? [])))}</p>
    </div>
  );
}

function mean(values: (number | null)[]): number | null {
  const known = values.filter((value): value is number => value !== null);
  return known.length ? Math.round(known.reduce((sum, value) => sum + value, 0) / known.length) : null;
}

function peak(values: (number | null)[]): number | null {
  const known = values.filter((value): value is number => value !== null);
  return known.length ? Math.max(...known) : null;
}
