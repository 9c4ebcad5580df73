/** Small parts that the sections share: meter, sparkline, section, icon button, condition. */

import { LabIcon, caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { useSidebar } from './context';
import { areas, strokes } from './series';
import type * as wire from './messages';

const WIDTH = 240;
const HEIGHT = 32;

interface IMeterProps {
  label: string;
  /** Percent; null draws an empty bar that says so. */
  value: number | null;
  text: string;
  warnAt?: number;
}

/** A bar with its value in words, for eyes and for screen readers. */
export function Meter({ label, value, text, warnAt = 90 }: IMeterProps): JSX.Element {
  const high = value !== null && value >= warnAt;
  return (
    <div
      className={`pl-meter${high ? ' pl-mod-high' : ''}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value ?? 0}
      aria-valuetext={text}
    >
      <div className="pl-meter-fill" style={{ width: `${Math.min(100, value ?? 0)}%` }} />
    </div>
  );
}

interface ISparklineProps {
  /** Drawn as a line. */
  line: (number | null)[];
  /** Drawn as an area behind it. */
  area?: (number | null)[];
  lineMax: number;
  areaMax?: number;
  /** Places (0 to 1) of vertical marks: where runs began. */
  marks?: number[];
  className?: string;
}

/** The past at a glance. Hidden from screen readers: the numbers beside it say the same. */
export function Sparkline(props: ISparklineProps): JSX.Element {
  const { line, area = [], lineMax, areaMax = 1, marks = [], className = '' } = props;
  return (
    <svg
      className={`pl-spark ${className}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {areas(strokes(area, areaMax, WIDTH, HEIGHT), HEIGHT).map((points, index) => (
        <polygon key={`a${index}`} className="pl-spark-area" points={points} />
      ))}
      {strokes(line, lineMax, WIDTH, HEIGHT).map((points, index) => (
        <polyline key={`l${index}`} className="pl-spark-line" points={points} />
      ))}
      {marks.map((mark, index) => (
        <line
          key={`m${index}`}
          className="pl-spark-mark"
          x1={mark * WIDTH}
          x2={mark * WIDTH}
          y1={0}
          y2={HEIGHT}
        />
      ))}
    </svg>
  );
}

interface ISectionProps {
  title: string;
  summary?: string;
  id: string;
  /** Begins folded. */
  folded?: boolean;
  children: React.ReactNode;
}

/** A part of the panel that folds; its heading is a button. */
export function Section({ title, summary, id, folded, children }: ISectionProps): JSX.Element {
  const [open, setOpen] = React.useState(!folded);
  const icon = open ? caretDownIcon : caretRightIcon;
  return (
    <section className="pl-section" aria-labelledby={`pl-${id}-title`}>
      <h3 className="pl-section-title" id={`pl-${id}-title`}>
        <button
          className="pl-section-button"
          aria-expanded={open}
          aria-controls={`pl-${id}`}
          onClick={() => setOpen(!open)}
        >
          <icon.react tag="span" className="pl-caret" />
          <span>{title}</span>
          {summary ? <span className="pl-section-summary">{summary}</span> : null}
        </button>
      </h3>
      <div id={`pl-${id}`} hidden={!open}>
        {open ? children : null}
      </div>
    </section>
  );
}

interface IIconButtonProps {
  icon: LabIcon;
  label: string;
  onClick: () => void;
  disabled?: boolean;
  /** Keeps its place and is not there. */
  away?: boolean;
}

/** A button that is only an icon; its label is its name and its tooltip. One that can do nothing now keeps the focus. */
export function IconButton({ icon, label, onClick, disabled, away }: IIconButtonProps): JSX.Element {
  return (
    <button
      className={`pl-icon-button${away ? ' pl-mod-away' : ''}`}
      title={label}
      aria-label={label}
      aria-disabled={disabled}
      onClick={event => {
        event.stopPropagation();
        if (!disabled) {
          onClick();
        }
      }}
    >
      <icon.react tag="span" width="14px" height="14px" />
    </button>
  );
}

/** What is wrong, and what to do about it. */
export function Condition({ condition }: { condition: wire.Condition }): JSX.Element {
  const { say } = useSidebar();
  return (
    <div className={`pl-condition pl-mod-${condition.level}`} data-code={condition.code}>
      <p className="pl-condition-reason">{say(condition.reason)}</p>
      <p className="pl-condition-hint">{say(condition.hint)}</p>
    </div>
  );
}
