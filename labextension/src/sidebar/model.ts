/** All that the panel, the status item and the warnings show. Fed by the stream, read by views. */

import { ISignal, Signal } from '@lumino/signaling';

import { Series } from './series';
import type * as wire from './messages';

/** One GPU with everything known of it now. */
export interface IGpuView {
  position: number;
  gpu: wire.Gpu;
  fast: wire.Fast;
  slow: wire.Slow;
  links: wire.Links | null;
  condition: wire.Condition | null;
  series: Series;
}

export type Connection = 'connecting' | 'open' | 'lost' | 'refused' | 'missing' | 'failed';

const NO_FAST: wire.Fast = [null, null, null, null, null];
const SPARK_POINTS = 48;

/** The state of the sidebar. Every change is told once, by `changed`. */
export class SidebarModel {
  /**
   * A name of the part that changed: `gpu` each second, `slow` with the slow values, `shape` with
   * the GPUs themselves; owners, runs, alerts, connection, settings.
   */
  get changed(): ISignal<this, string> {
    return this._changed;
  }

  /** GPUs came or went: views that stand or fall with them look again. */
  get shapeChanged(): ISignal<this, void> {
    return this._shapeChanged;
  }

  /** Let views draw again for a reason outside of the model. */
  touch(part: string): void {
    this._tell(part);
    if (part === 'settings') {
      this._shapeChanged.emit();
    }
  }

  /** Rises with each change: a view sees whether it missed one. */
  version = 0;
  gpus: IGpuView[] = [];
  condition: wire.Condition | null = null;
  notes: wire.Condition[] = [];
  simulated = false;
  ready = false;
  host: wire.Host | null = null;
  hostSeries: Series | null = null;
  owners: wire.Owner[] = [];
  ownerNotes: wire.Condition[] = [];
  runs: wire.Run[] = [];
  runsReady = false;
  alerts = new Map<string, wire.Alert>();
  connection: Connection = 'connecting';

  /** A message of the topic `gpu`. */
  takeGpu(message: wire.GpuDelta | wire.GpuSnapshot): void {
    if (message.type === 'snapshot') {
      this._takeSnapshot(message as wire.GpuSnapshot);
    } else if (message.seq <= this._seq) {
      // Sent while the greeting was under way, and part of it already.
      return;
    }
    this._seq = message.seq;
    this._takeDelta(message);
    this.ready = true;
    this._tell('gpu');
    if (message.w) {
      this._tell('slow');
    }
    if (this._shapeIsNew) {
      this._shapeIsNew = false;
      this._tell('shape');
      this._shapeChanged.emit();
    }
  }

  takeOwners(message: wire.Owners): void {
    this.owners = message.owners;
    this.ownerNotes = message.notes;
    this._tell('owners');
  }

  /** A snapshot of all runs, or what changed. */
  takeRuns(message: { type: string; runs: wire.RunNews[]; gone?: string[] }): void {
    if (message.type === 'snapshot') {
      this.runs = message.runs as wire.Run[];
      this.runsReady = true;
    } else {
      const gone = new Set(message.gone ?? []);
      const known = new Map(this.runs.filter(run => !gone.has(run.id)).map(run => [run.id, run]));
      for (const news of message.runs) {
        known.set(news.id, withNews(known.get(news.id), news));
      }
      this.runs = [...known.values()].sort((a, b) => b.created - a.created);
    }
    this._tell('runs');
  }

  takeAlerts(message: { type: string; alerts?: wire.Alert[]; new?: wire.Alert[]; over?: string[] }): void {
    if (message.type === 'snapshot') {
      this.alerts = new Map((message.alerts ?? []).map(alert => [alert.key, alert]));
    }
    for (const alert of message.new ?? []) {
      this.alerts.set(alert.key, alert);
    }
    for (const key of message.over ?? []) {
      this.alerts.delete(key);
    }
    this._tell('alerts');
  }

  setConnection(connection: Connection): void {
    if (connection !== this.connection) {
      this.connection = connection;
      this._tell('connection');
    }
  }

  /** GPUs without MIG slices. */
  get wholeGpus(): IGpuView[] {
    return this.gpus.filter(view => view.gpu.parent === null);
  }

  private _takeSnapshot(message: wire.GpuSnapshot): void {
    this.condition = message.condition;
    this.notes = message.notes;
    this.simulated = message.simulated;
    this.host = message.host;
    this.hostSeries = new Series(message.history, 'host');
    this.gpus = message.gpus.map((gpu, position) => ({
      position,
      gpu,
      fast: NO_FAST,
      slow: [],
      links: null,
      condition: null,
      series: new Series(message.history, gpu.uuid)
    }));
    this._shapeIsNew = true;
  }

  private _takeDelta(message: wire.GpuDelta): void {
    for (const view of this.gpus) {
      const { position } = view;
      view.fast = message.f[position] ?? NO_FAST;
      view.links = message.l?.[position] ?? null;
      view.slow = message.w?.[position] ?? view.slow;
      const condition = message.c?.[position];
      view.condition = condition === undefined ? view.condition : condition;
      view.series.add(message.t, view.fast[0], view.fast[1]);
    }
    if (this.host && message.h) {
      const [cpu, memory] = message.h;
      this.host = { ...this.host, cpu, memory_used: memory * 1024 ** 2 };
      if (message.d !== undefined) {
        this.host.disk_used = message.d * 1024 ** 2;
      }
      this.hostSeries?.add(message.t, cpu, memory);
    }
  }

  private _tell(part: string): void {
    this.version += 1;
    this._changed.emit(part);
  }

  private _seq = 0;
  private _shapeIsNew = false;
  private readonly _changed = new Signal<this, string>(this);
  private readonly _shapeChanged = new Signal<this, void>(this);
}

/** A run after a change; between two full curves the newest loss is added to the old one. */
function withNews(run: wire.Run | undefined, news: wire.RunNews): wire.Run {
  const merged = { ...run, ...news } as wire.Run;
  if (run?.spark && news.spark === undefined && news.step !== undefined && news.step > run.step) {
    merged.spark = [...run.spark, news.loss ?? null].slice(-SPARK_POINTS);
  }
  return merged;
}
