// The chosen runs side by side: their curves in one chart, options that differ, results.

import * as React from 'react';

import { duration, figure } from '../run/numbers';
import { stateName } from './cells';
import { PageChart } from './chart';
import { PageContext } from './context';
import { followRun } from './follow';
import type * as wire from './messages';

interface IProps {
  ids: string[];
  close: () => void;
}

export function ComparisonView({ ids, close }: IProps): JSX.Element {
  const { phrases, api } = React.useContext(PageContext)!;
  const [found, setFound] = React.useState<wire.Comparison | null>(null);
  const [trouble, setTrouble] = React.useState('');
  const [moved, setMoved] = React.useState(0);
  const title = React.useRef<HTMLHeadingElement>(null);
  React.useEffect(() => title.current?.focus(), []);
  React.useEffect(() => {
    let wanted = true;
    api.compare(ids).then(
      answer => {
        if (wanted) {
          setFound(answer);
          setTrouble('');
        }
      },
      (error: unknown) => wanted && setTrouble(api.reason(error))
    );
    return () => {
      wanted = false;
    };
  }, [api, ids, moved]);
  const leave = (event: React.KeyboardEvent): void => {
    if (event.key === 'Escape' && !event.defaultPrevented) {
      event.stopPropagation();
      close();
    }
  };
  return (
    <section className="plab-comparison" aria-labelledby="plab-comparison-title" onKeyDown={leave}>
      <div className="plab-page-bar">
        <h3 id="plab-comparison-title" ref={title} tabIndex={-1}>
          {phrases.say('compare.title', { n: ids.length })}
        </h3>
        <button className="plab-button plab-close" onClick={close}>
          {phrases.say('do.close')}
        </button>
      </div>
      <Curves ids={ids} failed={error => setTrouble(api.reason(error))} ended={() => setMoved(count => count + 1)} />
      {trouble ? (
        <p className="plab-page-trouble" role="alert">
          {phrases.say('page.failed', { reason: trouble })}
        </p>
      ) : null}
      {found ? <Tables found={found} /> : null}
    </section>
  );
}

interface ICurves {
  ids: string[];
  failed: (error: unknown) => void;
  /** A run came to another state: its figures are new. */
  ended: () => void;
}

/** The chart, fed by the streams of all the runs. */
function Curves({ ids, failed, ended }: ICurves): JSX.Element {
  const { phrases, api, host } = React.useContext(PageContext)!;
  const node = React.useRef<HTMLDivElement>(null);
  const acts = React.useRef({ failed, ended });
  acts.current = { failed, ended };
  React.useEffect(() => {
    const chart = new PageChart(node.current!, {
      phrases,
      points: wanted => api.points(wanted),
      failed: error => acts.current.failed(error)
    });
    const states = new Map<string, string>();
    const following = ids.map(id =>
      followRun(host.stream, id, {
        update: snapshot => {
          chart.update(snapshot);
          const before = states.get(id);
          states.set(id, snapshot.state);
          if (before !== undefined && before !== snapshot.state) {
            acts.current.ended();
          }
        },
        trouble: (what, reason) => {
          if (what === 'gone' || what === 'unreadable') {
            acts.current.failed(new Error(reason || phrases.say('page.gone')));
          }
        }
      })
    );
    return () => {
      following.forEach(one => one.dispose());
      chart.dispose();
    };
  }, [api, host, phrases, ids]);
  return <div ref={node} />;
}

function Tables({ found }: { found: wire.Comparison }): JSX.Element {
  const { phrases, words } = React.useContext(PageContext)!;
  const names = found.runs.map((run, index) => (
    <th key={run.id} scope="col" dir="auto">
      <span className={`plab-line-mark plab-run-${index + 1}`} />
      {run.name}
    </th>
  ));
  const coverage = found.runs.some(run => run.coverage);
  return (
    <>
      {found.warning ? (
        <p className="plab-page-warning" role="note">
          {words.text(found.warning)}
        </p>
      ) : null}
      <div className="plab-page-scroll">
        <table className="plab-runs">
          <thead>
            <tr>
              <th scope="col">{phrases.say('compare.results')}</th>
              {names}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">{phrases.say('table.state')}</th>
              {found.runs.map(run => (
                <td key={run.id}>{stateName(run.state, words, phrases)}</td>
              ))}
            </tr>
            {found.metrics.map(metric => (
              <tr key={metric.name} className={found.comparable ? undefined : 'plab-apart'}>
                <th scope="row">{found.split ? words.say('number.measured', { split: found.split, metric: metric.name }) : words.metric(metric.name)}</th>
                {metric.values.map((value, index) => (
                  <td key={found.runs[index]?.id}>{figure(metric.name, value)}</td>
                ))}
              </tr>
            ))}
            {coverage ? (
              <tr>
                <th scope="row">{phrases.say('compare.figure')}</th>
                {found.runs.map(run => (
                  <td key={run.id}>{words.text(run.coverage)}</td>
                ))}
              </tr>
            ) : null}
            <tr>
              <th scope="row">{phrases.say('compare.seconds')}</th>
              {found.runs.map(run => (
                <td key={run.id}>{duration(run.seconds, words.language)}</td>
              ))}
            </tr>
          </tbody>
          {found.options.length ? (
            <>
              <thead>
                <tr>
                  <th scope="col">{phrases.say('compare.options')}</th>
                  {names}
                </tr>
              </thead>
              <tbody>
                {found.options.map(option => (
                  <tr key={option.name}>
                    <th scope="row">{option.name}</th>
                    {option.values.map((value, index) => (
                      <td key={found.runs[index]?.id}>{value || '–'}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </>
          ) : null}
        </table>
      </div>
      {found.metrics.length ? null : <p className="plab-quiet">{phrases.say('compare.no_results')}</p>}
      {found.options.length ? null : <p className="plab-quiet">{phrases.say('compare.no_options')}</p>}
    </>
  );
}
