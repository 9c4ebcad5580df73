/** Asks the server for checks and follows one until it ends. */

import type { ServerConnection } from '@jupyterlab/services';

import { RequestError, messageOf, requestApi } from '../sidebar/request';
import type { DoctorLight } from '../sidebar/messages';
import type { Check, Kernel, Kernels, Problem } from './messages';

export type Depth = Check['depth'];

const ASK_MS = 500;

/** Where a person's own choice may stand: all that the page draws from. */
export interface IState {
  check: Check | null;
  /** What was found last, also while the next check runs. */
  found: Check['found'];
  /** The check that `found` is of. */
  foundBy: string | null;
  problem: Problem | string | null;
}

export const NOTHING: IState = { check: null, found: null, foundBy: null, problem: null };

/** The state after news of a check: a result stays until there is a newer one. */
export function after(state: IState, check: Check): IState {
  return {
    check,
    found: check.found ?? state.found,
    foundBy: check.found ? check.id : state.foundBy,
    problem: check.error
  };
}

/** The state after a request failed. */
export function failed(state: IState, error: unknown): IState {
  const said = error instanceof RequestError ? (error.said as Problem | null) : null;
  return { ...state, check: null, problem: said ?? messageOf(error) };
}

/** Whether a check runs. */
export function isRunning(state: IState): boolean {
  return state.check?.state === 'running';
}

/** The routes of the checks. */
export class ChecksApi {
  constructor(
    private readonly _settings: ServerConnection.ISettings,
    private readonly _language: 'en' | 'zh'
  ) {}

  async kernels(): Promise<Kernel[]> {
    return (await requestApi<Kernels>('checks', this._settings)).kernels;
  }

  /** Begin a check and tell `heard` how far it is until it ends. */
  async follow(kernel: string, depth: Depth, heard: (check: Check) => boolean): Promise<void> {
    const body = JSON.stringify({ kernel, depth, language: this._language });
    let check = await requestApi<Check>('checks', this._settings, { method: 'POST', body });
    while (heard(check) && check.state === 'running') {
      await new Promise(resolve => setTimeout(resolve, ASK_MS));
      check = await requestApi<Check>(`checks/${check.id}`, this._settings);
    }
  }

  cancel(id: string): Promise<Check> {
    return requestApi<Check>(`checks/${id}`, this._settings, { method: 'DELETE' });
  }

  async report(id: string): Promise<string> {
    return (await requestApi<{ text: string }>(`checks/${id}/report`, this._settings)).text;
  }

  /** How it stands with the imports in the server's own environment; `again` begins to try them. */
  light(again: boolean): Promise<DoctorLight> {
    return requestApi<DoctorLight>(`doctor${again ? '?again=1' : ''}`, this._settings);
  }
}
