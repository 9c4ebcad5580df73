/** What the doctor found: findings with evidence, the plan with its commands, versions and devices. */

import * as React from 'react';

import type { Box, FindingShown, Found, Unknown } from './messages';
import type { IReader } from './open';

/** Headline, findings in order, plan, what is not known, and the machine. */
export function Results({ reader, found }: { reader: IReader; found: Found }): JSX.Element {
  const { trans, say } = reader;
  return (
    <>
      <p className={`pl-env-headline pl-mod-${found.light}`}>{say(found.headline)}</p>
      <p className="pl-env-dim">{found.chips.join(' · ')}</p>
      {found.findings.map((finding, index) => (
        <Finding key={`${finding.id}-${index}`} reader={reader} finding={finding} />
      ))}
      {found.unknown ? <NotKnown reader={reader} unknown={found.unknown} /> : null}
      {found.plan?.steps.length ? (
        <section className="pl-env-plan" aria-labelledby="pl-env-plan-title">
          <h2 id="pl-env-plan-title">{trans.__('The plan: run these in order')}</h2>
          <ol>
            {found.plan.steps.map((step, index) => (
              <li key={index}>
                <p>{say(step.title)}</p>
                <Commands reader={reader} commands={step.commands} />
                {step.notes.map(note => (
                  <p key={note.en} className="pl-env-dim">
                    {say(note)}
                  </p>
                ))}
              </li>
            ))}
          </ol>
        </section>
      ) : null}
      {found.boxes.length ? (
        <details className="pl-env-boxes" open={!found.findings.length}>
          <summary>{trans.__('Versions, devices and paths')}</summary>
          <div>
            {found.boxes.map(box => (
              <Facts key={box.title.en} reader={reader} box={box} />
            ))}
          </div>
        </details>
      ) : null}
    </>
  );
}

function Finding({ reader, finding }: { reader: IReader; finding: FindingShown }): JSX.Element {
  const { trans, say } = reader;
  const names: { [severity in FindingShown['severity']]: string } = {
    error: trans.__('error'),
    warning: trans.__('warning'),
    note: trans.__('note')
  };
  return (
    <section className={`pl-env-finding pl-mod-${finding.severity}`} data-id={finding.id}>
      <h2>
        <span className="pl-env-severity">{names[finding.severity]}</span> {finding.title}
      </h2>
      <p>{finding.cause}</p>
      <p>{say(finding.texts.fix)}</p>
      <Commands reader={reader} commands={finding.commands} />
      {finding.alternatives.map(other => (
        <div key={other.label}>
          <p>{trans.__('Instead: %1', other.label)}</p>
          <Commands reader={reader} commands={other.commands} />
        </div>
      ))}
      {finding.checked ? <p>{finding.checked}</p> : null}
      {finding.evidence.length ? (
        <details open={finding.evidence.length <= 4}>
          <summary>{trans.__('Seen here')}</summary>
          <ul>
            {finding.evidence.map(line => (
              <li key={line}>
                <code>{line}</code>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </section>
  );
}

/** Commands, each on its line, with one button that copies them all. */
function Commands({ reader, commands }: { reader: IReader; commands: string[] }): JSX.Element | null {
  const { trans } = reader;
  const [copied, setCopied] = React.useState(false);
  if (!commands.length) {
    return null;
  }
  const text = commands.join('\n');
  return (
    <div className="pl-env-commands">
      <pre tabIndex={0} role="group" aria-label={trans.__('Commands')}>
        {text}
      </pre>
      <button
        className="jp-mod-styled jp-mod-reject"
        aria-label={trans.__('Copy: %1', text)}
        onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
      >
        {copied ? trans.__('Copied.') : trans.__('Copy')}
      </button>
    </div>
  );
}

function NotKnown({ reader, unknown }: { reader: IReader; unknown: Unknown }): JSX.Element {
  const { trans } = reader;
  return (
    <section className="pl-env-finding" aria-labelledby="pl-env-unknown-title">
      <h2 id="pl-env-unknown-title">{trans.__('What was tried, and what to do next')}</h2>
      <ul>
        {unknown.tried.map(row => (
          <li key={row.what}>{`${row.what}: ${row.result}`}</li>
        ))}
        {[...unknown.where, ...(unknown.likely ? [unknown.likely] : [])].map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {unknown.next.map(step => (
        <div key={step.command}>
          <Commands reader={reader} commands={[step.command]} />
          <p className="pl-env-dim">{step.brings}</p>
        </div>
      ))}
    </section>
  );
}

function Facts({ reader, box }: { reader: IReader; box: Box }): JSX.Element {
  return (
    <table>
      <caption>{reader.say(box.title)}</caption>
      <tbody>
        {box.rows.map(row => (
          <tr key={row[0]}>
            <th scope="row">{row[0]}</th>
            <td>{row[1]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
