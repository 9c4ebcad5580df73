/** What the server's topics `gpu`, `owners`, `runs` and `alerts` send. See server/gpu_topics.py. */

/** A message for people in both languages; the reader's is chosen when it is shown. */
export interface IText {
  en: string;
  zh: string;
}

/** Why a number is missing or doubtful. */
export interface ICondition {
  code: string;
  level: 'info' | 'warning' | 'error';
  reason: IText;
  hint: IText;
}

/** A GPU or a MIG slice; memory in MiB, limit in watts, parent the place of a slice's GPU. */
export interface IGpu {
  uuid: string;
  index: number;
  name: string;
  memory: number | null;
  limit: number | null;
  parent: number | null;
  mig: boolean;
}

/** Busy %, memory used MiB, power W, throttle bits, memory busy %. */
export type Fast = [
  busy: number | null,
  used: number | null,
  power: number | null,
  throttle: number | null,
  memoryBusy: number | null
];

/** Temperature °C, clock MHz, memory clock MHz, fan %, ECC errors, power limit W. */
export type Slow = (number | null)[];

/** PCIe received, sent, NVLink received, sent; bytes a second. */
export type Links = (number | null)[];

export interface IHost {
  cpu: number;
  cpus: number;
  memory_used: number;
  memory_total: number;
  limited: boolean;
  disk_used: number | null;
  disk_total: number | null;
  disk_path: string;
}

export interface ITrack {
  busy: (number | null)[];
  used: (number | null)[];
}

/** The past in equal steps (seconds); `end` is when the last point begins. */
export interface IHistory {
  step: number;
  end: number;
  tracks: { [track: string]: ITrack };
}

export interface IGpuDelta {
  type: 'delta' | 'snapshot';
  seq: number;
  t: number;
  f: Fast[];
  h?: [cpu: number, memory: number];
  w?: Slow[];
  d?: number;
  l?: { [place: string]: Links };
  c?: { [place: string]: ICondition | null };
}

export interface IGpuSnapshot extends IGpuDelta {
  generation: number;
  simulated: boolean;
  driver: string | null;
  condition: ICondition | null;
  notes: ICondition[];
  gpus: IGpu[];
  host: IHost | null;
  history: IHistory;
}

export interface IOwner {
  kind: 'notebook' | 'kernel' | 'run' | 'other';
  key: string;
  name: string;
  path: string | null;
  kernel: string | null;
  session: string | null;
  state: string | null;
  last_activity: number | null;
  memory: { [place: string]: number | null };
  total: number;
  processes: number;
  reported: boolean;
  split: [tensors: number, cached: number, other: number | null] | null;
  condition: ICondition | null;
}

export interface IOwners {
  owners: IOwner[];
  notes: ICondition[];
}

export interface IRun {
  id: string;
  name: string;
  folder: string;
  folder_path: string | null;
  path: string | null;
  notebook: string | null;
  kernel: string | null;
  created: number;
  task: string;
  model: string;
  device: string;
  state: string;
  live: boolean;
  resumable: boolean;
  resume: string | null;
  /** The step a resumed run goes on from; null when it begins anew. */
  checkpoint: number | null;
  step: number;
  total_steps: number | null;
  loss: number | null;
  left_s: number | null;
  started: number | null;
  ended: number | null;
  pid: number | null;
  best: [metric: string, value: number] | null;
  /** Why the folder cannot be read; the state is then `unreadable`. */
  reason: IText | null;
  /** Whether its export failed, and there is still no bundle. */
  no_bundle: boolean;
  spark?: (number | null)[];
}

/** A live run's small change: what is not named stays. */
export type RunNews = Partial<IRun> & { id: string };

export interface IAlert {
  key: string;
  code: string;
  level: 'info' | 'warning' | 'error';
  t: number;
  text: IText;
  action: string;
  about: string;
}

/** The part of the JSON snapshot that actions need. */
export interface INow {
  owners: IOwner[];
  runs: IRun[];
}

export interface IDoctorLight {
  light: 'green' | 'yellow' | 'red' | 'unknown';
  headline: IText;
  errors: number;
  warnings: number;
  first: { id: string; title: IText; fix: IText; commands: string[] } | null;
}
