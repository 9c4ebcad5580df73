/** The person's settings, with the defaults until they are loaded. */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';

export interface IValues {
  statusBar: boolean;
  notifications: boolean;
  muted: string[];
  gpus: string;
  presenter: boolean;
  progress: boolean;
  browserNotifications: boolean;
}

const DEFAULTS: IValues = {
  statusBar: true,
  notifications: true,
  muted: [],
  gpus: '',
  presenter: false,
  progress: true,
  browserNotifications: false
};

/** Settings as plain values; `follow` keeps them up to date. */
export class Settings {
  values: IValues = DEFAULTS;

  /** The GPUs the server was last asked to show; asked again only when the setting changes. */
  shownGpus = '';

  /** Show no simulated GPUs any more, here and in later pages. */
  forgetGpus(): void {
    if (this.values.gpus) {
      void this._loaded?.set('gpus', '');
    }
  }

  /** Call `apply` now and after each change. Without a registry the defaults hold. */
  follow(loaded: ISettingRegistry.ISettings | undefined, apply: (values: IValues) => void): void {
    const read = (): void => {
      this.values = { ...DEFAULTS, ...(loaded?.composite as Partial<IValues> | undefined) };
      apply(this.values);
    };
    this._loaded = loaded;
    loaded?.changed.connect(read);
    read();
  }

  private _loaded: ISettingRegistry.ISettings | undefined;
}
