/** Asks the server about a file, and follows what a person chooses: only the last answer counts. */

import type { ServerConnection } from '@jupyterlab/services';
import * as React from 'react';

import { RequestError, messageOf, requestApi } from '../sidebar/request';
import type { IOptions } from './form';
import type { Look, Problem } from './messages';

const PAUSE_MS = 350;

export interface ILooking {
  /** The newest answer, also while the next one is awaited. */
  look: Look | null;
  busy: boolean;
  /** Why there is no answer: the server refused, or is away. */
  problem: Problem | string | null;
}

/** What the server says of the file with these options. A request that is no longer wanted is ended. */
export function useLook(path: string, options: IOptions, settings: ServerConnection.ISettings): ILooking {
  const [state, setState] = React.useState<ILooking>({ look: null, busy: true, problem: null });
  const wanted = JSON.stringify({ path, options });
  const first = React.useRef(true);
  React.useEffect(() => {
    const stop = new AbortController();
    setState(before => ({ ...before, busy: true }));
    const timer = window.setTimeout(() => {
      requestApi<Look>('look', settings, { method: 'POST', body: wanted, signal: stop.signal }).then(
        look => setState({ look, busy: false, problem: null }),
        (error: unknown) => {
          if (!stop.signal.aborted) {
            setState(before => ({ ...before, busy: false, problem: problemOf(error) }));
          }
        }
      );
    }, first.current ? 0 : PAUSE_MS);
    first.current = false;
    return () => {
      window.clearTimeout(timer);
      stop.abort();
    };
  }, [wanted, settings]);
  return state;
}

function problemOf(error: unknown): Problem | string {
  if (error instanceof RequestError && error.said) {
    return { type: '', why: null, fix: null, ...error.said } as Problem;
  }
  return messageOf(error);
}
