/** The file as it is: its first rows, how many of each class, how long its texts are. */

import * as React from 'react';

import { nameOf } from '../run/names';
import { percent } from '../run/numbers';
import type { Look, Part, Preview, RoleRead } from './messages';
import type { IReader } from './open';

const CLASSES = 12;

/** Preview, classes, lengths, and what is worth knowing. */
export function Data({ reader, look }: { reader: IReader; look: Look }): JSX.Element {
  const { trans, say, language } = reader;
  const report = look.plan?.report;
  const train = report?.parts.train;
  return (
    <div className="pl-start-data">
      {look.table ? <Rows reader={reader} table={look.table} roles={look.roles} /> : null}
      {report && train ? (
        <>
          <p className="pl-start-parts">
            {Object.entries(report.parts).map(([name, part]) => `${nameOf('split', name, language)} ${part.rows.toLocaleString()}`).join(' · ')}
            {train.repeated ? ` · ${trans.__('repeated %1', train.repeated.toLocaleString())}` : ''}
          </p>
          <div className="pl-start-figures">
            <Classes title={say(report.counted)} part={train} reader={reader} />
            <Lengths part={train} maxLen={report.max_len} reader={reader} />
          </div>
          {report.notices.length ? (
            <section className="pl-start-notices" aria-labelledby="pl-start-notices-title">
              <h2 id="pl-start-notices-title">{trans.__('Worth knowing')}</h2>
              <ul>
                {report.notices.map(notice => (
                  <li key={notice.en}>{say(notice)}</li>
                ))}
              </ul>
            </section>
          ) : null}
        </>
      ) : null}
    </div>
  );
}

/** The first rows; the columns that are read carry the name of what they are read as. */
function Rows({ reader, table, roles }: { reader: IReader; table: Preview; roles: RoleRead[] }): JSX.Element {
  const { trans, say } = reader;
  const readAs = (column: string): string =>
    roles.filter(role => role.column === column).map(role => say(role.title)).join(', ');
  return (
    <section aria-labelledby="pl-start-rows-title">
      <h2 id="pl-start-rows-title">{trans.__('First rows')}</h2>
      <div className="pl-start-scroll" tabIndex={0} role="group" aria-labelledby="pl-start-rows-title">
        <table className="pl-start-table">
          <thead>
            <tr>
              {table.columns.map(column => (
                <th key={column} scope="col" className={readAs(column) ? 'pl-mod-read' : ''}>
                  <span dir="auto">{table.named ? column : trans.__('column %1', column)}</span>
                  {readAs(column) ? <span className="pl-start-role">{readAs(column)}</span> : null}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, place) => (
                  <td key={place} dir="auto" className={readAs(table.columns[place] ?? '') ? 'pl-mod-read' : ''}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {table.more ? <p className="pl-start-dim">{trans.__('and %1 more columns', table.more)}</p> : null}
    </section>
  );
}

interface IPartProps {
  reader: IReader;
  part: Part;
}

function Classes({ reader, title, part }: IPartProps & { title: string }): JSX.Element {
  const { trans } = reader;
  const all = Object.entries(part.classes);
  const most = Math.max(1, ...all.map(([, count]) => count));
  return (
    <Bars
      title={trans.__('Rows of each %1', title)}
      bars={all.slice(0, CLASSES).map(([name, count]) => ({ name, count, share: count / most }))}
      rest={all.length > CLASSES ? trans.__('and %1 more', all.length - CLASSES) : ''}
    />
  );
}

function Lengths({ reader, part, maxLen }: IPartProps & { maxLen: number }): JSX.Element {
  const { trans } = reader;
  const { edges, counts, limit } = part.histogram;
  const most = Math.max(1, ...counts);
  const cut = edges.findIndex(edge => edge > limit);
  const bars = counts.map((count, index) => ({
    name: `${edges[index] ?? 0}–${(edges[index + 1] ?? 1) - 1}`,
    count,
    share: count / most,
    line: index === cut && cut < counts.length
  }));
  return (
    <Bars
      title={trans.__('Characters of a text')}
      bars={bars}
      rest={
        part.too_long
          ? trans.__('%1 are longer than %2 tokens: their rest is not read', percent(part.too_long), maxLen)
          : trans.__('No text is longer than %1 tokens', maxLen)
      }
    />
  );
}

interface IBar {
  name: string;
  count: number;
  share: number;
  /** Above it stands the line of what the model reads. */
  line?: boolean;
}

/** Bars beside their numbers: a table for whoever hears it. */
function Bars({ title, bars, rest }: { title: string; bars: IBar[]; rest: string }): JSX.Element {
  return (
    <section className="pl-start-bars">
      <table>
        <caption>{title}</caption>
        <tbody>
          {bars.map(({ name, count, share, line }) => (
            <tr key={name} className={line ? 'pl-mod-limit' : ''}>
              <th scope="row" dir="auto" title={name}>
                {name}
              </th>
              <td className="pl-start-count">{count.toLocaleString()}</td>
              <td className="pl-start-bar" aria-hidden="true">
                <div style={{ width: `${Math.max(count ? 1 : 0, 100 * share)}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="pl-start-dim">{rest}</p>
    </section>
  );
}
