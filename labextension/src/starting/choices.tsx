/** What a person chooses: task, columns, model, epochs, rows; and what it will take. */

import * as React from 'react';

import { count, megabytes as memory, roughly } from '../run/numbers';
import { type IForm, columnOf, epochsOf, hasColumns, megabytes, wholeOf, withColumn, withTask } from './form';
import type { Look, ModelChoice } from './messages';
import type { IReader } from './open';

interface IProps {
  reader: IReader;
  look: Look;
  form: IForm;
  choose: (form: IForm) => void;
}

/** The fields; each shows what was found until something else is chosen. */
export function Choices({ reader, look, form, choose }: IProps): JSX.Element {
  const { trans, say, language } = reader;
  const { plan, table } = look;
  return (
    <section className="pl-start-choices" aria-labelledby="pl-start-choices-title">
      <h2 id="pl-start-choices-title">{trans.__('Fine-tune it')}</h2>
      <label className="pl-start-field">
        <span>{trans.__('Task')}</span>
        <select value={form.task ?? look.task} onChange={event => choose(withTask(form, event.target.value))}>
          {look.tasks.map(task => (
            <option key={task.name} value={task.name}>
              {`${task.name}: ${say(task.title)}`}
            </option>
          ))}
        </select>
      </label>
      {hasColumns(look)
        ? look.roles.map(role => (
            <label key={role.name} className="pl-start-field">
              <span>{trans.__('Column: %1', say(role.title))}</span>
              <select value={columnOf(form, role)} onChange={event => choose(withColumn(form, role.name, event.target.value))}>
                {columnOf(form, role) ? null : <option value="">{trans.__('not chosen')}</option>}
                {table?.columns.map(column => (
                  <option key={column} value={column}>
                    {table.named ? column : trans.__('column %1', column)}
                  </option>
                ))}
              </select>
            </label>
          ))
        : null}
      {plan ? (
        <>
          <label className="pl-start-field pl-start-wide">
            <span>{trans.__('Model')}</span>
            <select value={form.model ?? plan.spec.model} onChange={event => choose({ ...form, model: event.target.value })}>
              {plan.models.map(model => (
                <option key={model.name} value={model.name}>
                  {modelWords(model, reader)}
                </option>
              ))}
            </select>
          </label>
          <Field
            label={trans.__('Epochs')}
            value={form.epochs}
            found={plan.spec.epochs}
            read={epochsOf}
            write={epochs => choose({ ...form, epochs })}
          />
          <Field
            label={trans.__('Rows to train on')}
            value={form.limit}
            found={plan.spec.limit ?? plan.report.parts.train?.rows ?? null}
            read={text => wholeOf(text, 2, 1e9)}
            write={limit => choose({ ...form, limit })}
          />
          <Field
            label={trans.__('Tokens of a text')}
            value={form.maxLen}
            found={plan.spec.max_len}
            read={text => wholeOf(text, 8, 2048)}
            write={maxLen => choose({ ...form, maxLen })}
          />
          <p className="pl-start-cost" role="status">
            {plan.seconds === null
              ? trans.__('The time is known once the model is on this machine.')
              : trans.__('About %1 for %2 steps, up to %3 of memory', roughly(Math.max(1, plan.seconds), language), count(plan.steps), memory(plan.memory_mb))}
          </p>
        </>
      ) : null}
    </section>
  );
}

/** Name, size, where it is, and what an epoch of it takes. */
function modelWords(model: ModelChoice, { trans, language }: IReader): string {
  const facts = [
    model.parameters === null ? '' : `${megabytes(model.parameters)} MB`,
    model.here ? trans.__('on this machine') : trans.__('will be downloaded'),
    model.epoch_s === null ? '' : trans.__('about %1 an epoch', roughly(Math.max(1, model.epoch_s), language))
  ];
  return `${model.name} (${facts.filter(fact => fact).join(', ')})`;
}

interface IFieldProps {
  label: string;
  /** Chosen; undefined: as it was found. */
  value: number | undefined;
  found: number | null;
  read: (text: string) => number | undefined;
  write: (value: number | undefined) => void;
}

/** A number; an empty field is what was found. An odd one is marked and not taken. */
function Field({ label, value, found, read, write }: IFieldProps): JSX.Element {
  const [text, setText] = React.useState(value === undefined ? '' : String(value));
  const odd = text.trim() !== '' && read(text) === undefined;
  return (
    <label className="pl-start-field">
      <span>{label}</span>
      <input
        type="text"
        inputMode="decimal"
        value={text}
        placeholder={found === null ? '' : String(found)}
        aria-invalid={odd}
        onChange={event => {
          setText(event.target.value);
          write(read(event.target.value));
        }}
      />
    </label>
  );
}
