// What the run pages ask of the server, and a refusal in the reader's language.

import type { ServerConnection } from '@jupyterlab/services';

import type { Ask, When } from '../run/card';
import type { Language } from '../run/i18n';
import { RequestError, messageOf, request, requestApi } from '../sidebar/request';
import type * as wire from './messages';

export class PageApi {
  constructor(
    private readonly settings: ServerConnection.ISettings,
    private readonly language: Language
  ) {}

  table(query: string): Promise<wire.RunTable> {
    return requestApi(`run-table?${query}`, this.settings);
  }

  compare(ids: readonly string[]): Promise<wire.Comparison> {
    return requestApi(`compare?runs=${this.list(ids)}`, this.settings);
  }

  page(id: string): Promise<wire.RunPage> {
    return requestApi(`runs/${encodeURIComponent(id)}/page`, this.settings);
  }

  logs(id: string, name: string): Promise<wire.RunLogs> {
    return requestApi(`runs/${encodeURIComponent(id)}/logs?name=${name}`, this.settings);
  }

  change(id: string, about: Partial<wire.About>): Promise<wire.About> {
    return requestApi(`runs/${encodeURIComponent(id)}/about`, this.settings, {
      method: 'PUT',
      body: JSON.stringify(about)
    });
  }

  remove(id: string): Promise<unknown> {
    return requestApi(`runs/${encodeURIComponent(id)}`, this.settings, { method: 'DELETE' });
  }

  ask(id: string, ask: Ask, when: When): Promise<unknown> {
    return requestApi(`runs/${encodeURIComponent(id)}/requests`, this.settings, {
      method: 'POST',
      body: JSON.stringify({ ask, when })
    });
  }

  /** Every point of the runs as a CSV file. Throws RequestError. */
  async points(ids: readonly string[]): Promise<Blob> {
    return (await request(`points?runs=${this.list(ids)}`, this.settings)).blob();
  }

  /** What an error says, in the reader's language where the server said it in both. */
  reason(error: unknown): string {
    const said = error instanceof RequestError ? error.said : null;
    if (!said) {
      return messageOf(error);
    }
    return [said.what, said.why, said.fix]
      .map(text => text?.[this.language])
      .filter(Boolean)
      .join(' ');
  }

  private list(ids: readonly string[]): string {
    return ids.map(encodeURIComponent).join(',');
  }
}
