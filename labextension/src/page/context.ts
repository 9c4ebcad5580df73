import { createContext } from 'react';

import type { Words } from '../run/i18n';
import type { PageApi } from './api';
import type { IPageHost } from './host';
import type { PagePhrases } from './phrases';

/** What every part of the page of all runs needs. */
export interface IPage {
  host: IPageHost;
  phrases: PagePhrases;
  words: Words;
  api: PageApi;
}

export const PageContext = createContext<IPage | null>(null);
