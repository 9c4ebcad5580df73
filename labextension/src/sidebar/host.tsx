/** CPU, memory and disk of the machine, or of the container when it is limited. */

import * as React from 'react';

import { useModel, useSidebar } from './context';
import { DASH, gibOfBytes, share } from './format';
import { Meter, Section } from './parts';

/** The section of the host. */
export function Host(): JSX.Element | null {
  const { trans } = useSidebar();
  const { host } = useModel('gpu');
  if (!host) {
    return null;
  }
  const rows: { name: string; value: number | null; text: string; hint?: string; warnAt?: number }[] = [
    {
      name: trans.__('CPU'),
      value: Math.round(host.cpu),
      // Busy processors are what training looks like: nothing to warn of.
      warnAt: 101,
      text: trans.__('%1% of %2 cores', Math.round(host.cpu), Number(host.cpus.toFixed(1)))
    },
    {
      name: trans.__('Memory'),
      value: share(host.memory_used, host.memory_total),
      text: `${gibOfBytes(host.memory_used)} / ${gibOfBytes(host.memory_total)} GiB`,
      hint: host.limited ? trans.__('limit of this container') : undefined
    },
    {
      name: trans.__('Disk'),
      value: share(host.disk_used, host.disk_total),
      text: host.disk_total ? `${gibOfBytes(host.disk_used)} / ${gibOfBytes(host.disk_total)} GiB` : DASH
    }
  ];
  return (
    <Section title={trans.__('This machine')} id="host">
      <ul className="pl-list">
        {rows.map(row => (
          <li key={row.name} className="pl-host-row">
            <span className="pl-host-name">{row.name}</span>
            <Meter label={row.name} value={row.value} text={row.text} warnAt={row.warnAt} />
            <span className="pl-host-text">
              {row.text}
              {row.hint ? <span className="pl-host-hint">{row.hint}</span> : null}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
