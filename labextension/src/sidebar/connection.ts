/** The failures that only the page can see: no connection, no permission, no server extension. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Connection } from './model';
import type * as wire from './messages';

/** The condition of a connection that does not work; null for one that does. */
export function connectionCondition(connection: Connection, trans: TranslationBundle): wire.Condition | null {
  const both = (text: string): { en: string; zh: string } => ({ en: text, zh: text });
  if (connection === 'lost') {
    return {
      code: 'connection-lost',
      level: 'warning',
      reason: both(trans.__('The connection to the server is lost; trying again.')),
      hint: both(trans.__('Numbers shown are the last ones. Training goes on: it runs in the kernel.'))
    };
  }
  if (connection === 'refused') {
    return {
      code: 'not-authorised',
      level: 'error',
      reason: both(trans.__("This user may not see the server's GPUs.")),
      hint: both(trans.__('Log in again; on a hub, ask for the scope of this server.'))
    };
  }
  if (connection === 'missing') {
    return {
      code: 'server-extension-missing',
      level: 'error',
      reason: both(trans.__('The server part of Paddle Lab is missing or older than this page.')),
      hint: both(
        trans.__("pip install -U paddle-lab in the server's environment, restart the server, reload the page.")
      )
    };
  }
  if (connection === 'failed') {
    return {
      code: 'server-fault',
      level: 'error',
      reason: both(trans.__('The server could not answer.')),
      hint: both(trans.__("The server's log says why. Reload the page to ask again."))
    };
  }
  return null;
}
