// Which runs go back under which cells of a notebook that was opened. Knows nothing of JupyterLab.

/** A run that a cell of the notebook showed, as `GET paddle-lab/notebook-runs` has it. */
export interface INotebookRun {
  id: string;
  cell: string;
  /** The request that ran the cell, and the number beside it. */
  execution: string | null;
  count: number | null;
  /** Seconds since the epoch: when the cell first showed it, and when it ended. */
  shown: number;
  live: boolean;
  ended: number | null;
  data: Record<string, unknown>;
}

/** A code cell as it stands in the page. `runs` are those whose cards are among its outputs. */
export interface ICell {
  id: string;
  count: number | null;
  runs: string[];
}

export interface IPlace {
  cell: string;
  runs: INotebookRun[];
  /** Whether what stands there is older, and goes. */
  replace: boolean;
}

/**
 * The cards that are missing. `saved` is the time of the file that the page shows, in seconds.
 *
 * Missing is a run of a cell's last execution that lives, or ended when the file had been saved
 * for the last time: what a person took away since stays away, as does a card that stands in
 * another cell. Nothing newer is replaced: what was saved before the run began is older; what was
 * saved later is part of the same execution only while its number is not there.
 */
export function placesOf(
  cells: readonly ICell[],
  runs: readonly INotebookRun[],
  saved: number
): IPlace[] {
  const drawn = new Set(cells.flatMap(cell => cell.runs));
  const places: IPlace[] = [];
  for (const cell of cells) {
    const last = lastExecution(runs.filter(run => run.cell === cell.id));
    const missing = last.filter(run => !drawn.has(run.id) && (run.live || (run.ended ?? 0) > saved));
    const begun = Math.min(...last.map(run => run.shown));
    if (missing.length === 0) {
      continue;
    }
    const partly = last.some(run => cell.runs.includes(run.id));
    const older = saved < begun && !partly;
    if (older || partly || cell.count === null) {
      places.push({ cell: cell.id, runs: missing, replace: older });
    }
  }
  return places;
}

/** The runs of the newest execution among those of one cell, in the order in which they began. */
function lastExecution(runs: readonly INotebookRun[]): INotebookRun[] {
  const ordered = [...runs].sort((a, b) => a.shown - b.shown);
  const newest = ordered.at(-1);
  return ordered.filter(
    run => run === newest || (run.execution !== null && run.execution === newest?.execution)
  );
}
