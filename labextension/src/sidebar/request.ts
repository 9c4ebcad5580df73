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

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Ask a route. Throws RequestError, or a network error when the server is not there. */
export async function request(
  path: string,
  settings: ServerConnection.ISettings,
  init: RequestInit = {}
): Promise<Response> {
  const url = URLExt.join(settings.baseUrl, 'paddle-lab') + '/' + path;
  const response = await ServerConnection.makeRequest(url, init, settings);
  if (!response.ok) {
    const refusal = (await parsed(response)) as { message?: string; error?: ISaid } | null;
    throw new RequestError(
      response.status,
      refusal?.message ?? response.statusText,
      refusal?.error ?? null
    );
  }
  return response;
}

/** What a route answers in JSON. Throws as `request` does. */
export async function requestApi<T>(...asked: Parameters<typeof request>): Promise<T> {
  return (await parsed(await request(...asked))) as T;
}

/** The body; null for none. Throws RequestError with the beginning of one that is no JSON. */
async function parsed(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    throw new RequestError(response.status, text.slice(0, 200));
  }
}
