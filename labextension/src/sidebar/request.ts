/** The server's routes below `paddle-lab/`, with its token and base URL. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

interface IText {
  en: string;
  zh: string;
}

export interface ISaid {
  code: string;
  what: IText;
  why?: IText | null;
  fix?: IText | null;
}

/** The server answered, but not with what was asked for. */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** What happened, why and what to do, in both languages, where the server says it. */
    readonly said: ISaid | null = null
  ) {
    super(message);
  }
}

/** Ask a route. Throws RequestError, or a network error when the server is not there. */
export async function requestApi<T>(
  path: string,
  settings: ServerConnection.ISettings,
  init: RequestInit = {}
): Promise<T> {
  const url = URLExt.join(settings.baseUrl, 'paddle-lab') + '/' + path;
  const response = await ServerConnection.makeRequest(url, init, settings);
  const text = await response.text();
  let body: unknown = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    throw new RequestError(response.status, text.slice(0, 200));
  }
  if (!response.ok) {
    const refusal = body as { message?: string; error?: ISaid } | null;
    throw new RequestError(
      response.status,
      refusal?.message ?? response.statusText,
      refusal?.error ?? null
    );
  }
  return body as T;
}
